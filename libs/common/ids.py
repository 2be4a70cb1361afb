"""Identities: who a file, a job and a record are, so that doing a thing twice does it once."""

import os
from hashlib import sha1
from typing import Annotated
from uuid import UUID

from msgspec import Meta

# Ours alone, made once at random: identities must not collide with anybody else's uuid5.
_NAMESPACE = UUID("6f0d1c0e-5f0b-4c54-9f6e-0c1f5d1b7a52")


Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
"""An id as records from elsewhere must carry it: it becomes a partition, a point, a file's name."""


def file_id(collection: str, path: bytes) -> str:
    """The id of the file at `path` (absolute, as the operating system names it) in a collection.

    It is the point's id too, so that storing a file again overwrites its point, and the same file in
    two collections has two points.
    """
    return _uuid5(f"file\0{collection}\0{os.fsdecode(path)!a}")


def job_id_for_key(idempotency_key: str) -> str:
    """The job id that an Idempotency-Key always names."""
    return _uuid5(f"key\0{idempotency_key}")


def job_id_for_record(topic: str, partition: int, offset: int) -> str:
    """The job id of an ingest record that names none: a redelivery names the same job."""
    return _uuid5(f"{topic}/{partition}/{offset}")


def display_name(path: bytes) -> str:
    """`path` for people and JSON: bytes that are not UTF-8 are shown as \\xNN, never used to open."""
    return path.decode("utf-8", errors="backslashreplace")


def file_partition(file: str, partitions: int) -> int:
    """The partition of a file's records: by file id, so that one job spreads over all consumers."""
    return int(file.replace("-", ""), 16) % partitions


def _uuid5(name: str) -> str:
    """What uuid.uuid5 gives as text, in a third of its time: a listing needs one for every file."""
    text = sha1(_NAMESPACE.bytes + name.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"
