"""Folders whose files always stay: settings and calls name them."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Protected:
    """Files at or below these folders (absolute, without a slash at the end) are kept and never moved."""

    folders: tuple[str, ...] = ()

    @classmethod
    def of(cls, *folders: Iterable[str]) -> "Protected":
        """The folders, as they are written."""
        named = (os.path.normpath(each) for some in folders for each in some if each)
        return cls(tuple(dict.fromkeys(named)))

    def holds(self, path: str) -> bool:
        """Whether the file at `path` lies in one of them."""
        return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in self.folders)


@dataclass(frozen=True, slots=True)
class ProtectedSoFar:
    """`always` these folders, and those that `added` gives now: libraries name some while this serves."""

    always: Protected
    added: Callable[[], Iterable[str]]

    @property
    def folders(self) -> tuple[str, ...]:
        """See Protected."""
        return self._now().folders

    def holds(self, path: str) -> bool:
        """See Protected."""
        return self._now().holds(path)

    def _now(self) -> Protected:
        return Protected.of(self.always.folders, self.added())


NONE = Protected()
