"""Files within shards as a source."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from libs.common.errors import Code, FileError
from libs.common.sources.entries import Entry
from libs.common.sources.shards.members import members
from libs.common.sources.shards.names import member_path, split
from libs.common.sources.source import Identity, Listing, OpenFile, Part

if TYPE_CHECKING:
    from libs.common.sources.sources import Sources


class ShardSource:
    """Members of shards that `sources` read; one whose place is not known is looked for from the start."""

    def __init__(self, sources: "Sources") -> None:
        self._sources = sources

    def list(self, root: bytes, requested: Listing) -> Iterator[Entry]:  # noqa: ARG002
        """Members are listed with their shard."""
        raise FileError(Code.NOT_A_REGULAR_FILE, "A file within a shard is not read alone: name the shard")

    def open(self, path: bytes, *, links: bool = True, part: Part | None = None) -> OpenFile:
        """See Source."""
        shard, name = split(path)
        found = part or self._place(shard, name)
        return self._sources.of(shard).open(shard, links=links, part=found)

    def stat(self, path: bytes, *, links: bool = True) -> Identity:
        """See Source."""
        shard, name = split(path)
        return self._place(shard, name).of(self._sources.of(shard).stat(shard, links=links))

    def _place(self, shard: bytes, name: bytes) -> Part:
        with self._sources.of(shard).open(shard) as file:
            for member in members(file):
                if member_path(b"", member.name) == member_path(b"", name):
                    return Part(member.offset, member.size)
        raise FileError(Code.FILE_VANISHED, "The shard no longer has it")
