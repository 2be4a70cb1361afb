"""What an ML service reports about itself, in the old format and in the new one."""

from dataclasses import dataclass

import msgspec
from msgspec import Struct


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the service reports. `model` and `dimension` are None where it does not say."""

    safe_batch: int
    loaded: bool = True
    model: str | None = None
    dimension: int | None = None
    has_text: bool = True


class _Body(Struct):
    """Old services give safe_clip_batch alone, and serve a CLIP model, which has text."""

    safe_clip_batch: int
    safe_blip_batch: int | None = None
    clip_model_loaded: bool = True
    model_name_clip: str | None = None
    embedding_dimension: int | None = None
    has_text_model: bool = True


def read_capabilities(body: bytes) -> Capabilities:
    """The capabilities in `body`, old format or new; ValueError if it is neither."""
    found = msgspec.json.decode(body, type=_Body)
    batches = [size for size in (found.safe_clip_batch, found.safe_blip_batch) if size is not None]
    return Capabilities(
        safe_batch=max(1, min(batches)),
        loaded=found.clip_model_loaded,
        model=found.model_name_clip,
        dimension=found.embedding_dimension,
        has_text=found.has_text_model,
    )
