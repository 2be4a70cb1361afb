"""What `sluice models` shows of each model."""

import io
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct
from PIL import Image

from libs.common.errors import SluiceError
from services.ml.choice import LABELS, LITE, backend_of, default_model
from services.ml.models.lock import read_lock
from services.ml.models.registry import PUBLISHED, published
from services.ml.models.store import ModelStore
from services.ml.models.store import problems as differences
from services.ml.settings import MLServiceSettings


class Row(Struct, frozen=True):
    """One model. `here`: yes, no, or why not."""

    name: str
    here: str
    size: str
    dimension: int
    licence: str
    about: str


def rows(models: Path) -> list[Row]:
    """Every model that ML_MODEL may name."""
    store = ModelStore(models)
    own = [
        Row(LITE, "yes", "-", 512, "-", "looks alone; words are those of captions and names"),
        Row(LABELS, _installed(), "19 MB", 1280, "Apache-2.0", "1,000 things by their English names"),
    ]
    fetched = [
        Row(
            each.name,
            "yes" if store.is_fetched(each) else "no",
            f"{each.megabytes} MB",
            each.dimension,
            each.licence,
            each.about,
        )
        for each in PUBLISHED
    ]
    return own + fetched


def problems(name: str, models: Path) -> Iterator[str]:
    """What differs from what was fetched; nothing for a model that was not."""
    known = published(name)
    folder = models / name if known else Path(name)
    if (lock := read_lock(folder)) is not None:
        yield from differences(folder, lock)


def tried(name: str, models: Path) -> str:
    """One sentence about a load, a picture and a text; SluiceError for what does not work."""
    backend = backend_of(MLServiceSettings(ml_model=name, ml_models_dir=models))
    began = time.perf_counter()
    backend.load()
    loaded = time.perf_counter()
    prepared = backend.prepare(_picture(), caption=False)
    (found,) = backend.compute([prepared])
    if isinstance(found, SluiceError):
        raise found
    took = time.perf_counter() - loaded
    if backend.has_text_model:
        backend.embed_text("a cat")
    precision = f" in {backend.precision}" if backend.precision else ""
    words = "yes" if backend.has_text_model else "no"
    return (
        f"{backend.model} works on {backend.device}{precision}: loaded in {loaded - began:.1f} s, "
        f"a picture takes {1000 * took:.0f} ms, {backend.dimension} numbers, words: {words}"
    )


def _installed() -> str:
    return "yes" if default_model() == LABELS else "no"


def _picture() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(out, "JPEG")
    return out.getvalue()
