"""The list of an upload's files whose content was stored before: the gateway writes it, the scanner reads it.

It lies in the upload's own folder, hidden: scans pass over it, and no client can send a file of its name.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from libs.common.sources.entries import AlreadyStored

NAME = ".already-stored.jsonl"


class _Line(msgspec.Struct, frozen=True):
    file: str
    """Relative to the folder."""
    existing_id: str


def write(folder: Path, found: Iterable[tuple[str, str]]) -> None:
    """Note the files, by their path in the folder, and the points that have their content.

    Returns once that is on disk; OSError.
    """
    with (folder / NAME).open("wb") as file:
        for name, existing_id in found:
            file.write(msgspec.json.encode(_Line(name, existing_id)) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read(folder: bytes) -> Iterator[AlreadyStored]:
    """The files that were noted; none where there is no list. Blocks on the disk."""
    try:
        lines = (Path(os.fsdecode(folder)) / NAME).open("rb")
    except (FileNotFoundError, NotADirectoryError):
        return
    decoder = msgspec.json.Decoder(_Line)
    with lines:
        for text in lines:
            line = decoder.decode(text)
            yield AlreadyStored(folder + b"/" + os.fsencode(line.file), line.existing_id)
