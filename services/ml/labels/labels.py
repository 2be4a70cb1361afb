"""The backend `labels`: what a picture shows, by real weights that come as a package of 17 MB.

EfficientNet-Lite0, trained on the 1,000 classes of ImageNet (Apache-2.0). A picture's embedding is the output
of the last layer before the classifier; a word's is the mean of the classifier's rows of the classes that it
means, so that both lie in one space.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from libs.common.errors import Code, FileError, SluiceError, UnavailableError
from services.ml.cores import cores
from services.ml.engine.backend import Described, Likeness, TextVector, Vector
from services.ml.labels import graph
from services.ml.labels.vocabulary import Vocabulary
from services.ml.labels.weights import read_weights
from services.ml.lite.caption import caption as caption_of
from services.ml.lite.picture import reduced
from services.ml.pixels.opening import opened
from services.ml.pixels.squares import centre_square, noise
from services.ml.runtime.memory import trim
from services.ml.runtime.precision import Probe, open_measured
from services.ml.runtime.providers import Runtime
from services.ml.runtime.session import Session

SIDE = graph.SIDE
SHORT_SIDE = 256
"""A picture's shorter side before its middle SIDE x SIDE pixels are taken."""
INPUT_SIDE = 448
"""What JPEG does to smaller pictures changes what it sees: cosine 0.94 at 256 pixels, 0.995 at 448."""
MENTIONED = 0.1
"""From this probability on a class is named in the caption."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The middle of a picture, and what the pixels alone say of all of it."""

    pixels: NDArray[np.uint8]
    facts: str | None


class LabelsBackend:
    """A Backend with words: they are looked up among the classes."""

    model = "labels-efficientnet-lite0@57934424"
    caption_model: str | None = "labels-caption-v1"
    dimension = graph.DIMENSION
    has_text_model = True
    input_side: int | None = INPUT_SIDE
    likeness = Likeness(duplicate=0.93, related=0.45, words=0.09)

    def __init__(
        self, *, safe_batch: int = 32, parallel: int | None = None, runtime: Runtime | None = None
    ) -> None:
        """`parallel` None: as many threads as this process may use cores; `runtime` None: the CPU."""
        self.safe_batch = safe_batch
        self.parallel = parallel or cores()
        self._runtime = runtime or Runtime()
        self.device = self._runtime.provider.device
        self.precision: str | None = None
        self._vocabulary = Vocabulary()
        self._session: Session | None = None
        self._rows: Vector = np.empty((0, self.dimension), np.float32)

    def load(self) -> None:
        """Read the weights and make the graph; SluiceError model_unavailable where they are not installed."""
        weights = read_weights()
        rows = weights["_fc.weight"]
        self._rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        self._session = open_measured(
            graph.build(weights),
            Probe({graph.PIXELS: noise(SIDE)}, graph.EMBEDDING),
            threads=self.parallel,
            runtime=self._runtime,
        )
        self.device, self.precision = self._session.device, self._session.precision

    def unload(self) -> None:
        """See Backend."""
        self._session = None
        self._rows = np.empty((0, self.dimension), np.float32)
        trim()

    def shrink(self) -> None:
        """See Backend."""
        self._ready().shrink({graph.PIXELS: self.sample().pixels[None]}, (graph.EMBEDDING,))

    def prepare(self, image: bytes, *, caption: bool) -> Prepared:
        """See Backend."""
        picture = opened(image, SHORT_SIDE)
        square = centre_square(picture.image, SHORT_SIDE, SIDE)
        return Prepared(square, caption_of(reduced(picture)) if caption else None)

    def compute(self, batch: Sequence[Prepared]) -> list[Described | FileError]:
        """See Backend."""
        pixels = np.stack([each.pixels for each in batch])
        embeddings, probabilities = self._ready().run(
            {graph.PIXELS: pixels}, (graph.EMBEDDING, graph.PROBABILITIES)
        )
        return [
            Described(embedding, self._caption(prepared.facts, found))
            for prepared, embedding, found in zip(batch, embeddings, probabilities, strict=True)
        ]

    def sample(self) -> Prepared:
        """See Backend."""
        return Prepared(np.zeros((SIDE, SIDE, 3), np.uint8), None)

    def embed_text(self, text: str) -> TextVector:
        """See Backend; SluiceError no_text_model for a text of which not one word is known."""
        meaning = self._vocabulary.meaning(text)
        if not meaning.words:
            raise SluiceError(Code.NO_TEXT_MODEL, f"{self.model} knows none of the words in {text[:40]!r}")
        means = np.stack([self._rows[sorted(classes)].mean(axis=0) for classes in meaning.words])
        joined = (means / np.linalg.norm(means, axis=1, keepdims=True)).sum(axis=0)
        return TextVector((joined / np.linalg.norm(joined)).astype(np.float32), meaning.note)

    def _ready(self) -> Session:
        if self._session is None:
            raise UnavailableError(Code.ML_UNAVAILABLE, "the model is not loaded")
        return self._session

    def _caption(self, facts: str | None, probabilities: Vector) -> str | None:
        if facts is None:
            return None
        best = np.argsort(-probabilities)[:3]
        names = [self._vocabulary.classes[int(each)] for each in best if probabilities[each] >= MENTIONED]
        return "; ".join([*([", ".join(dict.fromkeys(names))] if names else []), facts])
