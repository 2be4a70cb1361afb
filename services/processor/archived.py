"""Whether a file that has vanished lies in an archive folder next to where it was."""

import os
from collections.abc import Iterator

from sluice.files.passed_over import ARCHIVE_FOLDERS


def is_archived(path: bytes, size: int, mtime_ns: int) -> bool:
    """Whether an archive folder in the file's folder has it: by its name, which may have got a number
    behind its stem, and by its size and mtime, which a move keeps.
    """
    folder, name = os.path.split(path)
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 (bytes paths)
    return any(
        (found.st_size, found.st_mtime_ns) == (size, mtime_ns)
        for archive in ARCHIVE_FOLDERS
        for found in _stats(os.path.join(folder, archive), stem, suffix)  # noqa: PTH118 (bytes paths)
    )


def _stats(archive: bytes, stem: bytes, suffix: bytes) -> Iterator[os.stat_result]:
    try:
        with os.scandir(archive) as entries:
            for entry in entries:
                if entry.name.startswith(stem) and entry.name.endswith(suffix):
                    yield entry.stat(follow_symlinks=False)
    except OSError:
        # No such folder, or none that may be read: nothing is known to be archived there.
        return
