"""The real weights on real photos: what is seen, and what words find."""

import numpy as np
import pytest

from libs.common.errors import Code, FileError, SluiceError, UnavailableError
from services.ml.engine.backend import Described, Vector
from services.ml.labels.labels import LabelsBackend
from tests.support.describing import describe
from tests.unit.ml.photos import PHOTOS, jpeg, photo


@pytest.fixture(scope="module")
def labels() -> LabelsBackend:
    backend = LabelsBackend(parallel=1)
    backend.load()
    return backend


@pytest.fixture(scope="module")
def described(labels: LabelsBackend) -> dict[str, Described]:
    found = describe(labels, [jpeg(photo(name)) for name in PHOTOS], caption=True)
    return {name: each for name, each in zip(PHOTOS, found, strict=True) if isinstance(each, Described)}


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("coffee", "espresso"),
        ("chelsea", "cat"),
        ("rocket", "missile"),
        ("motorcycle_left", "moped"),
        ("china", "palace"),
        ("flower", "daisy"),
        ("camera", "tripod"),
    ],
)
def test_the_caption_names_what_is_seen_and_what_is_measured(
    described: dict[str, Described], name: str, tag: str
) -> None:
    caption = str(described[name].caption)
    tags, _, facts = caption.partition("; ")
    assert tag in tags
    assert "photo" in facts


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("cat", "chelsea"),
        ("kittens", "chelsea"),
        ("espresso", "coffee"),
        ("a cup of coffee", "coffee"),
        ("rocket", "rocket"),
        ("palace", "china"),
        ("flower", "flower"),
        ("motorbike", "motorcycle_right"),
        ("photographer", "camera"),
        ("uniform", "grace_hopper"),
    ],
)
def test_a_word_finds_its_picture_first(
    labels: LabelsBackend, described: dict[str, Described], query: str, name: str
) -> None:
    text = labels.embed_text(query)
    assert text.note is None
    assert best(described, text.embedding) == name


def best(described: dict[str, Described], vector: Vector) -> str:
    return max(described, key=lambda name: float(described[name].embedding @ vector))


def test_vectors_have_length_one(labels: LabelsBackend, described: dict[str, Described]) -> None:
    vectors = [each.embedding for each in described.values()] + [labels.embed_text("dog").embedding]
    assert all(vector.shape == (1280,) and vector.dtype == np.float32 for vector in vectors)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_word_that_is_nearly_known_is_taken_for_it_and_that_is_said(labels: LabelsBackend) -> None:
    text = labels.embed_text("expresso")
    assert text.note == "took 'expresso' for 'espresso'"
    assert text.embedding == pytest.approx(labels.embed_text("espresso").embedding)


def test_what_is_not_known_of_a_text_is_said_and_the_rest_counts(labels: LabelsBackend) -> None:
    text = labels.embed_text("a cat, qzxv")
    assert text.note == "does not know 'qzxv'"
    assert text.embedding == pytest.approx(labels.embed_text("cat").embedding)


def test_a_text_without_a_known_word_is_refused(labels: LabelsBackend) -> None:
    with pytest.raises(SluiceError) as refused:
        labels.embed_text("qzxv")
    assert refused.value.code is Code.NO_TEXT_MODEL


def test_a_damaged_picture_is_its_own_error(labels: LabelsBackend) -> None:
    (bad,) = describe(labels, [b"no image"], caption=True)
    assert isinstance(bad, FileError)


def test_nothing_is_computed_once_it_is_unloaded() -> None:
    with pytest.raises(UnavailableError):
        LabelsBackend(parallel=1).compute([LabelsBackend(parallel=1).sample()])


def test_a_batch_gives_what_its_images_give_alone(labels: LabelsBackend) -> None:
    prepared = [labels.prepare(jpeg(photo(name)), caption=False) for name in ("coffee", "chelsea", "rocket")]
    together = labels.compute(prepared)
    for each, found in zip(prepared, together, strict=True):
        (alone,) = labels.compute([each])
        assert isinstance(alone, Described)
        assert isinstance(found, Described)
        assert found.embedding == pytest.approx(alone.embedding, abs=1e-4)
