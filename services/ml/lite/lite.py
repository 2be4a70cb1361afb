"""The backend `lite`: a perceptual descriptor and a measured caption, no weights, no accelerator.

It finds the same picture resized, recompressed, slightly cropped or brightened, and pictures of similar
layout and colour. It does not know what a picture shows.
"""

from collections.abc import Sequence

from libs.common.errors import Code, FileError, SluiceError
from services.ml.cores import cores
from services.ml.engine.backend import Described, Likeness, TextVector
from services.ml.lite.caption import caption as caption_of
from services.ml.lite.descriptor import DIMENSION, descriptor
from services.ml.lite.picture import open_picture

INPUT_SIDE = 224
"""It looks at 64 pixels; with four times as many a second JPEG does not change what it sees."""


class LiteBackend:
    """The Backend that needs nothing but pixels: deterministic, about 2 ms an image on one core."""

    model = "lite-512-v1"
    caption_model: str | None = "lite-caption-v1"
    dimension = DIMENSION
    has_text_model = False
    input_side: int | None = INPUT_SIDE
    likeness = Likeness(duplicate=0.98, related=0.9)
    device = "cpu"
    precision: str | None = None

    def __init__(self, *, safe_batch: int = 32, parallel: int | None = None) -> None:
        """`parallel` None: as many threads as this process may use cores."""
        self.safe_batch = safe_batch
        self.parallel = parallel or cores()

    def load(self) -> None:
        """There is nothing to load."""

    def unload(self) -> None:
        """There is nothing to give back."""

    def shrink(self) -> None:
        """There is nothing to give back."""

    def prepare(self, image: bytes, *, caption: bool) -> Described:
        """See Backend: all of the work, as it needs no device."""
        picture = open_picture(image)
        return Described(descriptor(picture.ycbcr), caption_of(picture) if caption else None)

    def compute(self, batch: Sequence[Described]) -> list[Described | FileError]:
        """See Backend."""
        return list(batch)

    def sample(self) -> None:
        """See Backend."""

    def embed_text(self, text: str) -> TextVector:
        """Refuses: a descriptor of pixels has no words."""
        raise SluiceError(
            Code.NO_TEXT_MODEL, f"{self.model} has no text model, so {text[:40]!r} has no place among images"
        )
