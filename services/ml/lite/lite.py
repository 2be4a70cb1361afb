"""The default backend: a perceptual descriptor and a measured caption, no weights, no accelerator.

It finds the same picture resized, recompressed, slightly cropped or brightened, and pictures of similar
layout and colour. It does not know what a picture shows.
"""

import os
from collections.abc import Sequence

from libs.common.errors import Code, FileError, SluiceError
from services.ml.backend import Described, Vector
from services.ml.lite.caption import caption as caption_of
from services.ml.lite.descriptor import DIMENSION, descriptor
from services.ml.lite.picture import open_picture


class LiteBackend:
    """The Backend that needs nothing but pixels: deterministic, about 2 ms an image on one core."""

    model = "lite-512-v1"
    caption_model: str | None = "lite-caption-v1"
    dimension = DIMENSION
    has_text_model = False
    device = "cpu"

    def __init__(self, *, safe_batch: int = 32, parallel: int | None = None) -> None:
        """`parallel` None: as many threads as this process may use cores."""
        self.safe_batch = safe_batch
        self.parallel = parallel or _cores()

    def load(self) -> None:
        """There is nothing to load."""

    def unload(self) -> None:
        """There is nothing to give back."""

    def describe(self, images: Sequence[bytes], *, caption: bool) -> list[Described | FileError]:
        """See Backend."""
        return [_describe(image, caption) for image in images]

    def embed_text(self, text: str) -> Vector:
        """Refuses: a descriptor of pixels has no words."""
        raise SluiceError(
            Code.NO_TEXT_MODEL, f"{self.model} has no text model, so {text[:40]!r} has no place among images"
        )


def _describe(image: bytes, caption: bool) -> Described | FileError:
    try:
        picture = open_picture(image)
    except FileError as error:
        return error
    return Described(descriptor(picture.ycbcr), caption_of(picture) if caption else None)


def _cores() -> int:
    """Cores that this process may use; systems without affinity (macOS) give all of them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
