"""Names of WebDataset shards, `/data/{000..099}.tar`, and of what is in them, `/data/000.tar!/1.jpg`."""

import re
from collections.abc import Iterator

from sluice.files.formats import suffix_of

_SUFFIX = ".tar"
_WITHIN = b".tar!/"
_RANGE = re.compile(rb"\{(\d+)\.\.(\d+)\}")
MOST_SHARDS = 100_000


def is_shards(path: bytes) -> bool:
    """Whether it names a shard, or many."""
    return suffix_of(path) == _SUFFIX


def shards(pattern: bytes) -> Iterator[bytes]:
    """The shards that a pattern names, in order; itself, if it has no range in braces."""
    found = _RANGE.search(pattern)
    if found is None:
        yield pattern
        return
    first, last = int(found[1]), int(found[2])
    for number in range(first, min(last, first + MOST_SHARDS - 1) + 1):
        name = str(number).zfill(len(found[1])).encode()
        yield from shards(pattern[: found.start()] + name + pattern[found.end() :])


def is_member(path: bytes) -> bool:
    """Whether it is a file within a shard."""
    return _WITHIN in path


def member_path(shard: bytes, name: bytes) -> bytes:
    """The path of a file within a shard."""
    return shard + b"!/" + name.removeprefix(b"./")


def split(path: bytes) -> tuple[bytes, bytes]:
    """The shard of a member's path, and the member's name."""
    shard, within, name = path.partition(_WITHIN)
    return shard + within.removesuffix(b"!/"), name
