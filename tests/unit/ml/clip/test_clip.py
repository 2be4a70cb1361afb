"""The clip backend over a small pair of towers, next to a plain computation of the same."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from libs.common.errors import Code, FileError, SluiceError
from services.ml.clip.clip import ClipBackend
from services.ml.clip.folder import ClipFolder
from services.ml.clip.open import open_clip
from services.ml.clip.texts import Texts
from services.ml.engine.backend import Described
from services.ml.models.lock import Lock, write_lock
from services.ml.models.registry import CLIP_LIKENESS
from services.ml.runtime.providers import Runtime
from tests.support.clip.folder import make_folder
from tests.support.clip.tokenizer import END, clip_tokenizer
from tests.support.clip.towers import LENGTH, SIDE, Towers
from tests.support.describing import describe
from tests.support.memory import MB, resident
from tests.unit.ml.photos import jpeg, photo

TOWERS = Towers()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("models") / "small-clip", TOWERS)


@pytest.fixture(scope="module")
def clip(folder: Path) -> ClipBackend:
    backend = ClipBackend(ClipFolder.read(folder), CLIP_LIKENESS, parallel=1)
    backend.load()
    return backend


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def noise(side: int = SIDE) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (side, side, 3), np.uint8))


def test_clip_s_tokenizer_gives_clip_s_tokens() -> None:
    found = clip_tokenizer().encode("a photo of a cat").ids
    assert found == [49406, 320, 1125, 539, 320, 2368, 49407]


def test_a_picture_s_vector_is_that_of_the_plain_computation(clip: ClipBackend) -> None:
    image = noise()
    (found,) = describe(clip, [png(image)], caption=False)
    assert isinstance(found, Described)
    assert found.embedding == pytest.approx(TOWERS.image_vector(np.asarray(image)), abs=1e-5)


def test_a_text_s_vector_is_that_of_the_plain_computation(clip: ClipBackend) -> None:
    expected = TOWERS.text_vector([49406, 320, 1125, 539, 320, 2368, 49407])
    for text in ("a photo of a cat", "  a photo\\n of  a cat "):
        assert clip.embed_text(text.replace("\\n", "\n")).embedding == pytest.approx(expected, abs=1e-5)


def test_a_text_of_any_length_has_a_vector_of_length_one(clip: ClipBackend) -> None:
    for text in ("cat", "ein Hund am Strand", "🐕", "word " * 500):
        assert np.linalg.norm(clip.embed_text(text).embedding) == pytest.approx(1, abs=1e-5)


def test_a_picture_of_any_shape_is_scaled_and_cut_in_the_middle(clip: ClipBackend) -> None:
    """Twice as large, and with stripes at both ends that the middle square does not hold."""
    middle = noise().resize((64, 64), Image.Resampling.NEAREST)
    wide = Image.new("RGB", (128, 64), "red")
    wide.paste(middle, (32, 0))
    (found,), (expected,) = (describe(clip, [png(each)], caption=False) for each in (wide, middle))
    assert isinstance(found, Described)
    assert isinstance(expected, Described)
    assert float(found.embedding @ expected.embedding) > 0.999


@pytest.mark.parametrize("mode", ["squash", "longest"])
def test_models_that_see_the_whole_picture_get_it(tmp_path: Path, mode: str) -> None:
    folder = make_folder(tmp_path / "m", TOWERS, resize_mode=mode, interpolation="nearest")
    backend = ClipBackend(ClipFolder.read(folder), CLIP_LIKENESS, parallel=1)
    prepared = backend.prepare(png(Image.new("RGB", (64, 32), "white")), caption=False)
    rows = prepared.pixels.mean(axis=(1, 2))
    assert (rows[0] == 255) == (mode == "squash")
    assert rows[SIDE // 2] == 255


def test_a_bad_picture_is_its_own_error(clip: ClipBackend) -> None:
    good, bad, also = describe(clip, [png(noise()), b"no image", jpeg(photo("coffee"))], caption=True)
    assert isinstance(good, Described)
    assert isinstance(bad, FileError)
    assert isinstance(also, Described)
    assert "photo" in str(also.caption)


def test_a_batch_gives_what_its_images_give_alone(clip: ClipBackend) -> None:
    prepared = [clip.prepare(jpeg(photo(name)), caption=False) for name in ("coffee", "chelsea", "rocket")]
    for each, found in zip(prepared, clip.compute(prepared), strict=True):
        (alone,) = clip.compute([each])
        assert isinstance(alone, Described)
        assert isinstance(found, Described)
        assert found.embedding == pytest.approx(alone.embedding, abs=1e-5)


def test_after_a_large_batch_the_memory_that_a_small_one_does_not_need_is_given_back(
    clip: ClipBackend,
) -> None:
    clip.compute([clip.sample()])
    before = resident()
    clip.compute([clip.sample()] * 1024)
    assert resident() > before + 20 * MB
    clip.shrink()
    assert resident() < before + 8 * MB
    assert len(clip.compute([clip.sample()])) == 1


def test_the_backend_reports_what_the_folder_says(clip: ClipBackend) -> None:
    assert (clip.dimension, clip.input_side, clip.has_text_model) == (16, SIDE, True)
    assert clip.model.startswith("small-clip@")
    assert (clip.device, clip.precision) == ("cpu", "float32")


def test_in_half_precision_both_towers_still_share_one_space(clip: ClipBackend, folder: Path) -> None:
    half = ClipBackend(
        ClipFolder.read(folder), CLIP_LIKENESS, parallel=1, runtime=Runtime(precision="float16")
    )
    half.load()
    assert half.precision == "float16"
    (single,), (found,) = (describe(each, [png(noise())], caption=False) for each in (clip, half))
    assert isinstance(single, Described)
    assert isinstance(found, Described)
    assert float(single.embedding @ found.embedding) > 0.999
    assert (half.embed_text("a cat").embedding == clip.embed_text("a cat").embedding).all()


def test_a_fetched_model_has_the_name_and_the_commit_that_it_was_fetched_as(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "m", TOWERS)
    write_lock(folder, Lock("ViT-B-32__laion2b-s34b-b79k", "immich-app/x", "0123456789abcdef", {}))
    assert ClipFolder.read(folder).model == "ViT-B-32__laion2b-s34b-b79k@0123456789ab"


def test_siglip_s_texts_are_lower_case_without_punctuation(folder: Path) -> None:
    file = folder / "textual" / "tokenizer.json"
    plain, canonical = (
        Texts(file, length=LENGTH, pad_token=END, canonical=canonical) for canonical in (False, True)
    )
    assert (canonical.tokens("A cat, asleep!") == plain.tokens("a cat asleep")).all()
    assert (plain.tokens("a cat, asleep!") != plain.tokens("a cat asleep")).any()


@pytest.mark.parametrize("name", ["config.json", "visual/model.onnx", "textual/tokenizer.json"])
def test_a_folder_that_lacks_a_file_says_which(tmp_path: Path, name: str) -> None:
    folder = make_folder(tmp_path / "m", TOWERS)
    (folder / name).unlink()
    with pytest.raises(SluiceError, match=name) as refused:
        ClipFolder.read(folder)
    assert refused.value.code is Code.MODEL_UNAVAILABLE


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ViT-B-32__laion2b-s34b-b79k", "sluice models fetch ViT-B-32__laion2b-s34b-b79k"),
        ("nonsense", "neither a folder nor one of lite, labels"),
        ("/no/such/folder", "no exported CLIP model"),
    ],
)
def test_a_model_that_is_not_there_is_one_sentence_with_the_way_out(
    tmp_path: Path, name: str, words: str
) -> None:
    with pytest.raises(SluiceError, match=words):
        open_clip(name, tmp_path, threads=1)


def test_a_folder_is_used_as_it_is(folder: Path, tmp_path: Path) -> None:
    assert open_clip(str(folder), tmp_path / "nowhere", threads=1).model.startswith("small-clip@")
