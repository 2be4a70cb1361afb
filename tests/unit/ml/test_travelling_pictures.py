"""A picture of the size that a model asks for shows it what a larger one does."""

import pytest

from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise
from services.ml.engine.backend import Backend, Described
from services.ml.labels.labels import LabelsBackend
from services.ml.lite.lite import LiteBackend
from tests.support.describing import describe
from tests.unit.ml.photos import PHOTOS

REAL = (
    *("astronaut", "chelsea", "coffee", "rocket", "motorcycle_left"),
    *("china", "flower", "grace_hopper", "camera"),
)


@pytest.fixture(scope="module")
def labels() -> LabelsBackend:
    backend = LabelsBackend(parallel=1)
    backend.load()
    return backend


def likeness(backend: Backend, one: bytes, other: bytes) -> float:
    found, expected = describe(backend, [one, other], caption=False)
    assert isinstance(found, Described)
    assert isinstance(expected, Described)
    return float(found.embedding @ expected.embedding)


@pytest.mark.parametrize("name", REAL)
def test_lite_sees_in_a_quarter_of_the_pixels_what_it_saw_in_all(name: str) -> None:
    backend, data = LiteBackend(parallel=1), PHOTOS[name].read_bytes()
    assert backend.input_side == 224
    small, large = (normalise(data, Limits(short_side=side)).jpeg for side in (224, 448))
    assert likeness(backend, small, large) >= 0.998


@pytest.mark.parametrize("name", REAL)
def test_labels_sees_in_what_travels_what_it_sees_in_the_file(labels: LabelsBackend, name: str) -> None:
    """It notices JPEG itself: 0.97 is what is left of the same picture in a format without loss."""
    data = PHOTOS[name].read_bytes()
    sent = normalise(data, Limits(short_side=labels.input_side or 0)).jpeg
    assert likeness(labels, sent, data) >= 0.97
