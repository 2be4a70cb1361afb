"""Which source a path is in. Another kind of source is a folder next to `files` and a line here."""

from collections.abc import Callable, Mapping

from libs.common.errors import Code, FileError
from libs.common.sources.files.source import FileSource
from libs.common.sources.remote import Remote, RemoteSource
from libs.common.sources.roots import Readable
from libs.common.sources.source import Source
from libs.common.sources.uris import BUCKETS, scheme_of


class Sources:
    """The sources there are. Files are read below `roots` alone."""

    def __init__(self, roots: Readable, remote: Remote = Remote()) -> None:  # noqa: B008 - immutable
        self._files = FileSource(roots)
        self._roots = roots
        self._remote = remote
        self._opened: dict[str, RemoteSource] = {}

    def of(self, path: bytes) -> Source:
        """The source that `path` is in; FileError not_a_regular_file for a scheme that there is none for."""
        scheme = scheme_of(path)
        return self._files if scheme is None else self.remote(scheme)

    def remote(self, scheme: str) -> RemoteSource:
        """The source for this scheme, which is opened when it is first needed; FileError as `of`."""
        kind = "bucket" if scheme in BUCKETS else scheme
        if kind not in self._opened:
            if kind not in _KINDS:
                known = ", ".join(f"{each}://" for each in sorted(BUCKETS))
                detail = f"{scheme}:// is not read; a path, file://, {known} are"
                raise FileError(Code.NOT_A_REGULAR_FILE, detail)
            self._opened.setdefault(kind, _KINDS[kind](self._roots, self._remote))
        return self._opened[kind]


def _objects(roots: Readable, remote: Remote) -> RemoteSource:
    from libs.common.sources.objects.source import ObjectSource  # noqa: PLC0415 - 20 MB that disks do not need

    return ObjectSource(roots, remote)


_KINDS: Mapping[str, Callable[[Readable, Remote], RemoteSource]] = {"bucket": _objects}
