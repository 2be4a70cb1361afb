"""Shards as a listing: their pictures, each with the JSON and the text of its sample."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import json

from libs.common.errors import Code, FileError
from libs.common.sources.entries import Entry, Extra, Found, Ignored, Rejected, not_a_picture
from libs.common.sources.manifests.values import meta_of
from libs.common.sources.shards.members import TEXTS, Member, samples
from libs.common.sources.shards.names import member_path, shards
from libs.common.sources.source import Identity, Listing
from libs.common.unreadable import UNREADABLE
from sluice.files.formats import suffix_of
from sluice.files.rules import SIDECAR

if TYPE_CHECKING:
    from libs.common.sources.sources import Sources

LONGEST_CAPTION = 2000


class ShardListing:
    """The members of the shards that a pattern names; `sources` read the shards."""

    def __init__(self, pattern: bytes, requested: Listing, sources: "Sources") -> None:
        self._pattern = pattern
        self._requested = requested
        self._sources = sources

    def __iter__(self) -> Iterator[Entry]:
        for shard in shards(self._pattern):
            try:
                with self._sources.of(shard).open(shard) as file:
                    for sample in samples(file):
                        yield from self._sample(shard, file.identity, sample)
            except FileError as error:
                yield Rejected(shard, error)

    def _sample(self, shard: bytes, of: Identity, sample: Sequence[Member]) -> Iterator[Entry]:
        meta: dict[str, Any] = {}
        for member in sample:
            path = member_path(shard, member.name)
            if member.name.lower().endswith(b".json"):
                try:
                    meta = _meta(member)
                except ValueError as error:
                    yield Rejected(path, FileError(Code.MANIFEST_ROW, f"It is not understood: {error}"))
                    continue
            if member.name.lower().endswith(TEXTS):
                yield Ignored(path, SIDECAR)
        caption = next((_caption(each) for each in sample if each.name.lower().endswith(b".txt")), None)
        for member in sample:
            if not member.name.lower().endswith(TEXTS):
                extra = Extra(meta, caption, member.offset)
                yield self._picture(member_path(shard, member.name), of, member, extra)

    def _picture(self, path: bytes, of: Identity, member: Member, extra: Extra) -> Entry:
        if suffix_of(path) not in self._requested.suffixes:
            return not_a_picture(path)
        return Found(path, member.size, of.mtime_ns, of.ctime_ns, etag=of.etag, extra=extra)


def _meta(member: Member) -> dict[str, Any]:
    if not member.data:
        raise ValueError("it is empty, or has more than 1 MB")
    try:
        found = json.decode(member.data)
    except UNREADABLE as error:
        raise ValueError(f"it is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - told as the others
    return dict(meta_of(found))


def _caption(member: Member) -> str | None:
    return member.data.decode(errors="replace").strip()[:LONGEST_CAPTION] or None
