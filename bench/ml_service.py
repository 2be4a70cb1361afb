"""The real ML service over a model for measuring: `python -m bench.ml_service PORT free|FOLDER`.

`free`: a model that costs nothing; pictures are opened and scaled as for any. FOLDER: a CLIP model's folder.
"""

import sys
from collections.abc import Sequence

import numpy as np

from libs.common.errors import FileError
from libs.common.runtime.logs import configure_logging
from libs.common.runtime.process import run_until_stopped
from services.ml.app import build
from services.ml.cores import cores
from services.ml.engine.backend import Described, Likeness, TextVector
from services.ml.pixels.opening import opened
from services.ml.pixels.squares import Pixels, centre_square
from services.ml.settings import MLServiceSettings

SIDE, DIMENSION = 224, 512


class FreeBackend:
    """A Backend whose vectors are all the same."""

    model = "free"
    caption_model: str | None = None
    dimension = DIMENSION
    has_text_model = False
    input_side: int | None = SIDE
    likeness = Likeness(duplicate=0.9, related=0.5)
    safe_batch = 64
    device = "cpu"
    precision: str | None = None

    def __init__(self) -> None:
        self.parallel = cores()
        self._vector = np.full(DIMENSION, DIMENSION**-0.5, np.float32)

    def load(self) -> None:
        """See Backend."""

    def unload(self) -> None:
        """See Backend."""

    def shrink(self) -> None:
        """See Backend."""

    def prepare(self, image: bytes, *, caption: bool) -> Pixels:  # noqa: ARG002 (as Backend has it)
        """See Backend."""
        return centre_square(opened(image, SIDE).image, SIDE, SIDE)

    def compute(self, batch: Sequence[Pixels]) -> list[Described | FileError]:
        """See Backend."""
        return [Described(self._vector, None) for _ in batch]

    def sample(self) -> None:
        """See Backend."""

    def embed_text(self, text: str) -> TextVector:
        """See Backend."""
        raise NotImplementedError(text)


if __name__ == "__main__":
    configure_logging("ERROR")
    port, model = int(sys.argv[1]), sys.argv[2]
    settings = MLServiceSettings(host="127.0.0.1", port=port, ml_model="lite" if model == "free" else model)
    service = build(settings, FreeBackend() if model == "free" else None)
    sys.exit(run_until_stopped(service.run, 10.0))
