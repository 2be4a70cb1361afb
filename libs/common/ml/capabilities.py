"""What an ML service reports about itself, in the old format and in the new one."""

from dataclasses import dataclass

import msgspec
from msgspec import Struct


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the service reports. `model`, `dimension` and the like are None where it does not say."""

    safe_batch: int
    loaded: bool = True
    model: str | None = None
    dimension: int | None = None
    has_text: bool = True
    input_side: int | None = None
    """Pixels on a picture's shorter side that the model looks at."""
    duplicate_likeness: float | None = None
    """The cosine from which it takes two pictures for the same."""
    related_likeness: float | None = None
    """The cosine from which two pictures show the like."""
    words_likeness: float | None = None
    """The cosine from which a picture shows what a text says."""
    captions_loaded: bool = True
    """False too where it has no caption model at all."""


class _Body(Struct):
    """Old services give safe_clip_batch alone, and serve a CLIP model, which has text."""

    safe_clip_batch: int
    safe_blip_batch: int | None = None
    clip_model_loaded: bool = True
    blip_model_loaded: bool = True
    model_name_clip: str | None = None
    embedding_dimension: int | None = None
    has_text_model: bool = True
    input_side: int | None = None
    duplicate_likeness: float | None = None
    related_likeness: float | None = None
    words_likeness: float | None = None


def read_capabilities(body: bytes) -> Capabilities:
    """The capabilities in `body`, old format or new; ValueError if it is neither."""
    found = msgspec.json.decode(body, type=_Body)
    batches = [size for size in (found.safe_clip_batch, found.safe_blip_batch) if size is not None]
    return Capabilities(
        safe_batch=max(1, min(batches)),
        loaded=found.clip_model_loaded,
        captions_loaded=found.blip_model_loaded,
        model=found.model_name_clip,
        dimension=found.embedding_dimension,
        has_text=found.has_text_model,
        input_side=found.input_side,
        duplicate_likeness=found.duplicate_likeness,
        related_likeness=found.related_likeness,
        words_likeness=found.words_likeness,
    )
