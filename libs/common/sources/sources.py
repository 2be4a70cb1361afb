"""Which source a path is in. Another kind of source is a folder next to `files` and a line here."""

import os
from collections.abc import Callable, Iterator, Mapping

from libs.common.errors import Code, FileError
from libs.common.sources.entries import Entry
from libs.common.sources.files.source import FileSource
from libs.common.sources.manifests.manifest import Manifest, is_manifest
from libs.common.sources.remote import Remote, RemoteSource
from libs.common.sources.roots import Also, Readable
from libs.common.sources.shards.listing import ShardListing
from libs.common.sources.shards.names import is_member, is_shards
from libs.common.sources.shards.source import ShardSource
from libs.common.sources.source import Listing, Source
from libs.common.sources.uris import BUCKETS, is_remote, scheme_of


class Sources:
    """The sources there are. Files are read below `roots` alone."""

    def __init__(self, roots: Readable, remote: Remote = Remote()) -> None:  # noqa: B008 - immutable
        self._files = FileSource(roots)
        self._roots = roots
        self._remote = remote
        self._opened: dict[str, RemoteSource] = {}

    def list(self, root: bytes, requested: Listing) -> Iterator[Entry]:
        """The entries of a place: of a folder or prefix what lies below, of a manifest what its rows name, of
        shards their members.

        FileError as `of`.
        """
        if is_manifest(root):
            return iter(Manifest(root, requested, self._neighbours(root)))
        if is_shards(root):
            return iter(ShardListing(root, requested, self._neighbours(root)))
        return self.of(root).list(root, requested)

    def allow(self, path: bytes) -> bool:
        """Whether a file of this machine lies in what may be read, whether it exists or not. Blocks."""
        if is_remote(path) or self._roots.holding(path) is not None:
            return True
        return self._roots.holding(os.path.realpath(path)) is not None

    def _neighbours(self, path: bytes) -> "Sources":
        """What lies in the folder of a list may be read too: it was asked for."""
        return Sources(Also(path.rpartition(b"/")[0] or b"/", self._roots), self._remote)

    def of(self, path: bytes) -> Source:
        """The source that `path` is in; FileError not_a_regular_file for a scheme that there is none for."""
        if is_member(path):
            return ShardSource(self)
        scheme = scheme_of(path)
        return self._files if scheme is None else self.remote(scheme)

    def remote(self, scheme: str) -> RemoteSource:
        """The source for this scheme, which is opened when it is first needed; FileError as `of`."""
        kind = "bucket" if scheme in BUCKETS else scheme
        if kind not in self._opened:
            if kind not in _KINDS:
                known = ", ".join(f"{each}://" for each in sorted((*BUCKETS, "https", "file")))
                detail = f"{scheme}:// is not read; a path, {known} are"
                raise FileError(Code.NOT_A_REGULAR_FILE, detail)
            self._opened.setdefault(kind, _KINDS[kind](self._roots, self._remote))
        return self._opened[kind]


def _objects(roots: Readable, remote: Remote) -> RemoteSource:
    from libs.common.sources.objects.source import ObjectSource  # noqa: PLC0415 - 20 MB that disks do not need

    return ObjectSource(roots, remote)


def _web(_: Readable, remote: Remote) -> RemoteSource:
    from libs.common.sources.web.source import WebSource  # noqa: PLC0415 - likewise

    return WebSource(remote)


_KINDS: Mapping[str, Callable[[Readable, Remote], RemoteSource]] = {"bucket": _objects, "https": _web}
