"""What a model must offer to be served. The service knows nothing else about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from libs.common.errors import FileError

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Described:
    """What a model says of one image: an L2-normalised vector of the backend's dimension, a caption."""

    embedding: Vector
    caption: str | None


class Backend(Protocol):
    """An image model (and a captioner), blocking and free of threads of its own.

    The engine calls `describe` from at most `parallel` threads at a time, with at most `safe_batch`
    images a call, and never before `load` or after `unload`.
    """

    model: str
    """Names the vector space: two vectors compare only if their model is the same."""
    caption_model: str | None
    dimension: int
    """Floats in a vector."""
    has_text_model: bool
    """Whether `embed_text` puts words into the same space as images."""
    safe_batch: int
    """Images that one call takes without running out of memory."""
    parallel: int
    device: str
    """"cpu", "cuda" or another name that capabilities report."""

    def load(self) -> None:
        """Make the model ready; may take minutes."""

    def unload(self) -> None:
        """Give back the memory that `load` took."""

    def describe(self, images: Sequence[bytes], *, caption: bool) -> list[Described | FileError]:
        """One entry an image (encoded: JPEG, PNG, ...), in order; a FileError for one it cannot read.

        Raises MemoryError if the batch is too much for the device.
        """

    def embed_text(self, text: str) -> Vector:
        """The vector of `text`; SluiceError no_text_model where `has_text_model` is false."""
