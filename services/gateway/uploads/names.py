"""Names that browsers send with uploads, made into paths that are safe to create. Pure."""

import os
import re
import unicodedata
from pathlib import PurePosixPath

from sluice.files.formats import is_ignored_file
from sluice.files.passed_over import BY_NAME

LONGEST = 200
"""Bytes of one name: file systems take 255, and a number may have to be added."""
DEEPEST = 20
"""Folders that are kept; of a deeper path the last ones."""

_SEPARATORS = re.compile(r"[/\\]+")
_DRIVE = re.compile(r"^[A-Za-z]:$")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)
"""Names that Windows keeps for devices, with any suffix: no one could copy such a file there."""


def safe_path(sent: str) -> PurePosixPath:
    """A relative path that stays below where it is put, whatever was `sent`.

    Folders are kept (`updir/sub/b.png`); `..`, roots and drives are not.
    """
    parts = [part for part in _SEPARATORS.split(sent) if part not in ("", ".", "..")]
    if parts and _DRIVE.match(parts[0]):
        del parts[0]
    return PurePosixPath(*[_safe_name(part) for part in parts[-DEEPEST - 1 :]] or ["unnamed"])


def is_ignored(path: PurePosixPath) -> bool:
    """Whether a scan would pass the file over in silence, as it does with `.DS_Store`."""
    folders = [os.fsencode(name) for name in path.parts[:-1]]
    return is_ignored_file(os.fsencode(path.name)) or any(BY_NAME.is_ignored_folder(name) for name in folders)


def numbered(path: PurePosixPath, number: int) -> PurePosixPath:
    """The name that the `number`th file of this name gets."""
    return path if number == 1 else path.with_name(f"{path.stem} ({number}){path.suffix}")


def _safe_name(name: str) -> str:
    printable = "".join("_" if _is_control(character) else character for character in name).rstrip(" .")
    return _shortened(f"_{printable}" if _RESERVED.match(printable) else printable or "_")


def _is_control(character: str) -> bool:
    # Control characters, and halves of characters, which no file name can hold.
    return unicodedata.category(character) in ("Cc", "Cs")


def _shortened(name: str) -> str:
    """At most LONGEST bytes, with the suffix, which says what the file is."""
    if len(name.encode()) <= LONGEST:
        return name
    path = PurePosixPath(name)
    suffix = path.suffix if len(path.suffix.encode()) <= 20 else ""
    stem = name.removesuffix(suffix).encode()[: LONGEST - len(suffix.encode())]
    return stem.decode(errors="ignore") + suffix
