"""Requests, entries and records for the processor's tests."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from msgspec import structs

from libs.common import messages
from libs.common.ids import display_name, file_id
from libs.common.imaging.normalise import READING
from libs.common.messages import Content, File, Inference, PointRecord
from libs.common.sources.roots import ANYWHERE, Roots
from libs.common.sources.sources import Sources
from services.processor.cache.entries import Entry
from services.processor.decoding import opening
from services.processor.decoding.inspection import Failed, Reply, Request
from services.processor.decoding.neighbours import NeighbourReader

MODEL = "lite-1"


def request_for(path: Path | bytes, **fields: object) -> Request:
    """A request as the scanner's stat of now gives it."""
    name = os.fsencode(path)
    stat = Path(os.fsdecode(name)).stat()
    return Request(path=name, size=stat.st_size, mtime_ns=stat.st_mtime_ns, **fields)  # type: ignore[arg-type]


def by_path(inspect: Callable[[Request], Reply], roots: Roots = ANYWHERE) -> Callable[[Request], Reply]:
    """An inspection that gets each file as a decoder process does: open, or refused."""
    sources = Sources(roots)
    neighbours = NeighbourReader(sources)

    def opened(requested: Request) -> Reply:
        request, found = opening.look_at(sources, neighbours, requested)
        if isinstance(found, Failed):
            return inspect(structs.replace(request, refused=found))
        return inspect(structs.replace(request, descriptor=os.dup(found.descriptor)))

    return opened


def file_for(path: Path | bytes, **fields: object) -> File:
    """The file as a PathRecord carries it."""
    name = os.fsencode(path)
    there = Path(os.fsdecode(name))
    stat = there.stat() if there.exists() else None
    values: dict[str, object] = {
        "job_id": "job-1",
        "file_id": file_id("photos", name),
        "collection": "photos",
        "generation": "g1",
        "path": name,
        "file": display_name(name),
        "size": stat.st_size if stat else 0,
        "mtime_ns": stat.st_mtime_ns if stat else 0,
        "ctime_ns": stat.st_ctime_ns if stat else 0,
    }
    return File(**(values | fields))  # type: ignore[arg-type]


def content(sha256: str = "a" * 64) -> Content:
    """What depends on a file's bytes."""
    return Content(
        sha256=sha256,
        width=640,
        height=480,
        format="JPEG",
        mode="RGB",
        exif={"Image Make": "Sluice"},
        thumbnail=b"\xff\xd8thumb",
        reading=READING,
    )


def inference(model: str = MODEL, caption: str | None = "a tower") -> Inference:
    """What a model said."""
    embedding = np.arange(512, dtype="<f4").tobytes()
    return Inference(embedding=embedding, model=model, caption=caption, tags=("tower",))


def entry(
    sha256: str = "a" * 64,
    *,
    model: str = MODEL,
    captioned: bool = True,
    stored_at: float = 1000.0,
) -> Entry:
    """An entry of the cache."""
    caption = "a tower" if captioned else None
    return Entry(
        content=content(sha256),
        inference=inference(model, caption),
        captioned=captioned,
        stored_at=stored_at,
    )


@dataclass(frozen=True)
class Raw:
    """A record as the broker gives it."""

    offset: int
    timestamp: int
    value: bytes | None


def result(offset: int, sha256: str, *, caption: bool = True, at: float = 1000.0) -> Raw:
    """A record of ml-results."""
    point = PointRecord(
        file=file_for(b"/photos/x.jpg", caption=caption),
        content=content(sha256),
        inference=inference(caption="a tower" if caption else None),
        source="batch_ml",
    )
    return Raw(offset, int(at * 1000), messages.encode(point))
