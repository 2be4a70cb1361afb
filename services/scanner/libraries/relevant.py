"""Which changes of a folder are worth a job: not those of what no scan looks at."""

import os
import stat
from collections.abc import Iterable

from libs.common.sources.files.exclusions import IGNORE_FILE, NO_MEDIA
from sluice.files.formats import ignored_file_rule, suffix_of
from sluice.files.passed_over import PassedOver

_RULES = frozenset((os.fsencode(IGNORE_FILE), os.fsencode(NO_MEDIA)))


class Relevant:
    """Blocks on the file system: call it in a thread."""

    def __init__(self, root: bytes, passed_over: PassedOver, suffixes: frozenset[str]) -> None:
        self._root = root.rstrip(b"/")
        self._passed_over = passed_over
        self._suffixes = suffixes

    def of(self, changed: Iterable[bytes]) -> set[bytes]:
        """The paths to list for these changes: pictures, folders, and what is gone."""
        return {path for each in changed if (path := self._path(each)) is not None}

    def _path(self, changed: bytes) -> bytes | None:
        *folders, name = changed[len(self._root) + 1 :].split(b"/")
        if any(self._passed_over.is_ignored_folder(each) for each in folders) or self._is_own(changed):
            return None
        if name in _RULES:
            return changed.rpartition(b"/")[0]
        if ignored_file_rule(name) or self._passed_over.is_ignored_folder(name):
            return None
        return changed if suffix_of(name) in self._suffixes or _is_folder_or_gone(changed) else None

    def _is_own(self, path: bytes) -> bool:
        """Whether it is one of this service's own folders, or lies in one."""
        return any(path == own or path.startswith(own + b"/") for own in self._passed_over.own)


def _is_folder_or_gone(path: bytes) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return True
