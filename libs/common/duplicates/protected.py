"""Folders whose files always stay: settings and calls name them."""

import os
from collections.abc import Iterable
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


NONE = Protected()
