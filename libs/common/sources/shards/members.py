"""The members of a shard, in order, in one pass."""

import os
import tarfile
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from libs.common.errors import Code, FileError
from libs.common.sources.source import OpenFile


class Member(NamedTuple):
    """A regular file in a shard, and where its bytes begin. `data` are those of a JSON or text."""

    name: bytes
    offset: int
    size: int
    data: bytes = b""

    @property
    def key(self) -> bytes:
        """What the files of one sample have in common: the path up to the name's first dot."""
        folder, slash, name = self.name.rpartition(b"/")
        return folder + slash + name.partition(b".")[0]


TEXTS = (b".json", b".txt")
MOST_TEXT = 1 << 20


def samples(shard: OpenFile) -> Iterator[list[Member]]:
    """The files of each sample, which lie one after another; FileError manifest_row."""
    for _, group in groupby(members(shard), key=lambda member: member.key):
        yield list(group)


def members(shard: OpenFile) -> Iterator[Member]:
    """All regular files; FileError manifest_row where it is no tar, or is cut off."""
    with os.fdopen(os.dup(shard.descriptor), "rb") as stream:
        stream.seek(0)
        try:
            with tarfile.open(fileobj=stream, mode="r:") as archive:
                while (found := archive.next()) is not None:
                    # It would keep all of them.
                    archive.members.clear()  # type: ignore[attr-defined]
                    if found.isreg() and not found.issparse():
                        yield _member(shard, found)
        except (tarfile.TarError, EOFError, OSError, ValueError, OverflowError) as error:
            raise FileError(Code.MANIFEST_ROW, f"It is no tar, or is cut off: {error}") from error


def _member(shard: OpenFile, found: tarfile.TarInfo) -> Member:
    name = os.fsencode(found.name)
    is_text = name.lower().endswith(TEXTS) and found.size <= MOST_TEXT
    data = os.pread(shard.descriptor, found.size, found.offset_data) if is_text else b""
    return Member(name, found.offset_data, found.size, data)
