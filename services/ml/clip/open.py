"""The `clip` backend of a model's name, or of its folder."""

from pathlib import Path

from libs.common.errors import Code, SluiceError
from services.ml.clip.clip import ClipBackend
from services.ml.clip.folder import ClipFolder
from services.ml.models.registry import CLIP_LIKENESS, PUBLISHED, published
from services.ml.runtime.providers import Runtime


def open_clip(name: str, models: Path, threads: int | None, runtime: Runtime | None = None) -> ClipBackend:
    """The backend, not loaded. A folder is used as it is, without any network; a name must have been fetched.

    Raises SluiceError model_unavailable with the way out.
    """
    known = published(name)
    likeness = known.likeness if known else CLIP_LIKENESS
    return ClipBackend(ClipFolder.read(_folder(name, models)), likeness, parallel=threads, runtime=runtime)


def _folder(name: str, models: Path) -> Path:
    if published(name) is None:
        if "/" in name or Path(name).is_dir():
            return Path(name)
        names = ", ".join(["lite", "labels", *(each.name for each in PUBLISHED)])
        raise SluiceError(Code.MODEL_UNAVAILABLE, f"ML_MODEL {name} is neither a folder nor one of {names}")
    if not (models / name).is_dir():
        detail = f"the model {name} is not in {models}: `sluice models fetch {name}` gets it"
        raise SluiceError(Code.MODEL_UNAVAILABLE, detail)
    return models / name
