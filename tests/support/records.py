"""Records for tests: one file's way through the stages, with only what a test says about it."""

import struct
from pathlib import PurePosixPath
from uuid import uuid4

from libs.common import ids
from libs.common.messages import Content, File, ImageRecord, Inference, PathRecord, PointRecord


def file(
    name: str = "a.jpg", *, job_id: str | None = None, collection: str = "photos", generation: str = "g1"
) -> File:
    """A file of a job (a new one unless named) in a collection."""
    path = str(PurePosixPath("/photos") / name)
    return File(
        job_id=job_id or str(uuid4()), file_id=ids.file_id(collection, path.encode()), collection=collection,
        generation=generation, path=path.encode(), file=path, size=10, mtime_ns=1, ctime_ns=2,
    )  # fmt: skip


def content(sha256: str = "0" * 64) -> Content:
    """What a decode would have given."""
    return Content(
        sha256=sha256, width=640, height=480, format="JPEG", mode="RGB",
        exif={"Image Make": "Sluice"}, thumbnail=b"jpeg",
    )  # fmt: skip


def path_record(of: File) -> PathRecord:
    """The file on `paths`."""
    return PathRecord(file=of)


def image_record(of: File, jpeg: bytes = b"jpeg") -> ImageRecord:
    """The file on `images`."""
    return ImageRecord(file=of, content=content(), jpeg=jpeg)


def point_record(
    of: File, vector: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0), model: str = "m1", sha256: str = "0" * 64
) -> PointRecord:
    """The file on `ml-results`."""
    embedding = struct.pack(f"<{len(vector)}f", *vector)
    return PointRecord(
        file=of, content=content(sha256), inference=Inference(embedding=embedding, model=model, caption="a"),
        source="batch_ml",
    )  # fmt: skip
