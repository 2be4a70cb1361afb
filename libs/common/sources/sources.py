"""Which source a path is in. Another kind of source is a file next to this one and a line here."""

from libs.common.sources.files.source import FileSource
from libs.common.sources.roots import Readable
from libs.common.sources.source import Source


class Sources:
    """The sources there are. Files are read below `roots` alone."""

    def __init__(self, roots: Readable) -> None:
        self._files = FileSource(roots)

    def of(self, path: bytes) -> Source:  # noqa: ARG002 - there is one kind so far
        """The source that `path` is in."""
        return self._files
