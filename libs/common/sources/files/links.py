"""The symbolic links that a walk has met, decided on when it has been everywhere: aliases, or files."""

import os
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Self

_IN_MEMORY = 1 << 20


class Links:
    """Links to files in the order in which they were met, kept on disk where there are many."""

    def __init__(self) -> None:
        self._paths = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by __exit__
        self._first: dict[tuple[int, int], bytes] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._paths.close()

    def add(self, path: bytes) -> None:
        """Keep the path of a link for later."""
        self._paths.write(path + b"\0")

    def __iter__(self) -> Iterator[bytes]:
        self._paths.seek(0)
        rest = b""
        while part := self._paths.read(_IN_MEMORY):
            *whole, rest = (rest + part).split(b"\0")
            yield from whole

    def first_to(self, found: os.stat_result, path: bytes) -> bytes:
        """The first link that led to this file, which is `path` the first time."""
        return self._first.setdefault((found.st_dev, found.st_ino), path)
