"""The backend `clip`: any CLIP or SigLIP that was exported to ONNX, from its folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Resampling

from libs.common.errors import Code, FileError, UnavailableError
from services.ml.clip.folder import ClipFolder
from services.ml.clip.texts import Texts
from services.ml.clip.towers import EMBEDDING, PIXELS, textual_tower, visual_tower
from services.ml.cores import cores
from services.ml.engine.backend import Described, Likeness, TextVector
from services.ml.lite.caption import caption as caption_of
from services.ml.lite.picture import reduced
from services.ml.pixels.opening import Opened, opened
from services.ml.pixels.squares import Pixels, centre_square, noise, padded_square, squeezed_square
from services.ml.runtime.memory import trim
from services.ml.runtime.precision import Probe, open_measured
from services.ml.runtime.providers import Runtime
from services.ml.runtime.session import Session

_FILTERS = {
    "bicubic": Resampling.BICUBIC,
    "bilinear": Resampling.BILINEAR,
    "nearest": Resampling.NEAREST,
    "lanczos": Resampling.LANCZOS,
    "random": Resampling.BICUBIC,
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """The pixels that the model takes, and what they say by themselves."""

    pixels: Pixels
    facts: str | None


@dataclass(frozen=True, slots=True)
class _Loaded:
    visual: Session
    textual: Session
    texts: Texts


class ClipBackend:
    """A Backend over one folder. It makes no captions but what `lite` measures."""

    caption_model: str | None = "lite-caption-v1"
    has_text_model = True

    def __init__(
        self,
        folder: ClipFolder,
        likeness: Likeness,
        *,
        parallel: int | None = None,
        safe_batch: int = 32,
        runtime: Runtime | None = None,
    ) -> None:
        self.model = folder.model
        self.dimension = folder.config.embed_dim
        self.input_side: int | None = folder.preprocess.side
        self.likeness = likeness
        self.safe_batch = safe_batch
        self.parallel = parallel or cores()
        self._runtime = runtime or Runtime()
        self.device = self._runtime.provider.device
        self.precision: str | None = None
        self._folder = folder
        self._square = _squares(folder)
        self._loaded: _Loaded | None = None

    def load(self) -> None:
        """See Backend; reads both towers."""
        folder, text = self._folder, self._folder.config.text_cfg
        visual = self._visual()
        self._loaded = _Loaded(
            visual,
            Session.open(textual_tower(folder.textual), threads=self.parallel, runtime=self._runtime),
            Texts(
                folder.path / "textual" / "tokenizer.json",
                length=text.context_length,
                pad_token=folder.pad_token,
                canonical=text.tokenizer_kwargs.clean == "canonicalize",
            ),
        )
        self.device, self.precision = visual.device, visual.precision

    def unload(self) -> None:
        """See Backend."""
        self._loaded = None
        trim()

    def shrink(self) -> None:
        """See Backend. The text tower takes one text at a time, which needs little."""
        self._ready().visual.shrink({PIXELS: self.sample().pixels[None]}, (EMBEDDING,))

    def prepare(self, image: bytes, *, caption: bool) -> Prepared:
        """See Backend."""
        side = self._folder.preprocess.side
        picture = opened(image, side)
        return Prepared(self._square(picture), caption_of(reduced(picture)) if caption else None)

    def compute(self, batch: Sequence[Prepared]) -> list[Described | FileError]:
        """See Backend."""
        pixels = np.stack([each.pixels for each in batch])
        (embeddings,) = self._ready().visual.run({PIXELS: pixels}, (EMBEDDING,))
        return [Described(vector, each.facts) for each, vector in zip(batch, _rows(embeddings), strict=True)]

    def sample(self) -> Prepared:
        """See Backend."""
        side = self._folder.preprocess.side
        return Prepared(np.zeros((side, side, 3), np.uint8), None)

    def embed_text(self, text: str) -> TextVector:
        """See Backend."""
        loaded = self._ready()
        tower, tokens = loaded.textual, loaded.texts.tokens(text)
        given = {each.name: _as(tokens, each.type) for each in tower.inputs[:1]}
        for mask in tower.inputs[1:]:
            given[mask.name] = _as(np.ones_like(tokens), mask.type)
        (embeddings,) = tower.run(given, (EMBEDDING,))
        return TextVector(_rows(embeddings)[0])

    def _visual(self) -> Session:
        preprocess = self._folder.preprocess
        tower = visual_tower(self._folder.visual, preprocess.mean, preprocess.std, preprocess.side)
        probe = Probe({PIXELS: noise(preprocess.side)}, EMBEDDING)
        return open_measured(tower, probe, threads=self.parallel, runtime=self._runtime)

    def _ready(self) -> _Loaded:
        if self._loaded is None:
            raise UnavailableError(Code.ML_UNAVAILABLE, "the model is not loaded")
        return self._loaded


def _squares(folder: ClipFolder) -> Callable[[Opened], Pixels]:
    preprocess = folder.preprocess
    side, kind = preprocess.side, _FILTERS[preprocess.interpolation]
    match preprocess.resize_mode:
        case "shortest":
            return lambda picture: centre_square(picture.image, side, side, kind)
        case "squash":
            return lambda picture: squeezed_square(picture.image, side, kind)
        case "longest":
            return lambda picture: padded_square(picture.image, side, kind)


def _rows(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """N x dimension, also of a tower that gives one more axis."""
    return embeddings.reshape(embeddings.shape[0], -1)


def _as(tokens: NDArray[np.int64], kind: str) -> NDArray[np.integer]:
    return tokens.astype(np.int32) if kind == "tensor(int32)" else tokens
