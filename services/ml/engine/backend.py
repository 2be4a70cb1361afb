"""What a model must offer to be served. The service knows nothing else about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from libs.common.errors import FileError

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Described:
    """What a model says of one image: an L2-normalised vector of the backend's dimension, a caption."""

    embedding: Vector
    caption: str | None


@dataclass(frozen=True, slots=True)
class TextVector:
    """An L2-normalised vector of a text; `note` says what was guessed of it, as a sentence."""

    embedding: Vector
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """Cosines from which the model takes two things for alike."""

    duplicate: float
    """Two pictures: copies of each other."""
    related: float
    """Two pictures: they show the like."""
    words: float | None = None
    """A picture and a text: it shows that; None where the model has no words."""


class Backend(Protocol):
    """An image model (and a captioner), blocking and free of threads of its own.

    `prepare` is called from at most `parallel` threads at a time, before `load` and after `unload` too. All
    else is called from one thread, the device's: `compute`, `shrink` and `embed_text` only between `load` and
    `unload`.
    """

    model: str
    """Names the vector space: two vectors compare only if their model is the same."""
    caption_model: str | None
    dimension: int
    """Floats in a vector."""
    has_text_model: bool
    """Whether `embed_text` puts words into the same space as images."""
    input_side: int | None
    """Pixels on a picture's shorter side that the model looks at; more adds nothing. None: all."""
    likeness: Likeness
    safe_batch: int
    """Images that one `compute` takes, until the engine has found out by trying."""
    parallel: int
    device: str
    """"cpu", "cuda" or another name that capabilities report."""
    precision: str | None
    """What it computes in, "float32" or "float16", once it is loaded; None where it has no weights."""

    def load(self) -> None:
        """Make the model ready; may take minutes."""

    def unload(self) -> None:
        """Give back the memory that `load` took."""

    def shrink(self) -> None:
        """Give back what computing took beyond that; may compute the sample."""

    def prepare(self, image: bytes, *, caption: bool) -> Any:
        """What `compute` needs of one encoded image (JPEG, PNG, ...); FileError if it cannot be read."""

    def compute(self, batch: Sequence[Any]) -> list[Described | FileError]:
        """One entry a prepared image, in order. MemoryError if the batch is too much for the device."""

    def sample(self) -> Any | None:
        """A prepared image to measure with; None where a batch of one is as good as any."""

    def embed_text(self, text: str) -> TextVector:
        """The vector of `text`; SluiceError no_text_model where `has_text_model` is false."""
