"""Which files of this machine are sent to a gateway that does not see them."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sluice.errors import Code, SluiceError
from sluice.files.formats import accepted_suffixes, is_ignored_file, suffix_of
from sluice.files.passed_over import BY_NAME


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file to send, under a name with the folders below the one that was asked for; size in bytes."""

    path: Path
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Selection:
    """What of a folder is sent, and how many entries stay: no pictures, and links that lead out of it."""

    files: Sequence[LocalFile]
    no_pictures: int = 0
    links: int = 0


def select(source: Path) -> Selection:
    """The pictures in a folder, or one file whatever it is. Blocks on the file system.

    Passes over in silence what a scan does: hidden files, sidecars, archive folders. A link is sent as what
    it leads to only if that is in the folder too: one that somebody put there must not send what they could
    not read themselves. Raises SluiceError directory_not_found if nothing is left, not_a_regular_file and
    permission_denied.
    """
    if source.is_file():
        return Selection([LocalFile(source, source.name, source.stat().st_size)])
    if not source.is_dir():
        raise SluiceError(Code.NOT_A_REGULAR_FILE, f"{source} is neither a file nor a folder")
    found = Counter[str]()
    files = list(_pictures(source, found))
    if not files:
        raise SluiceError(Code.DIRECTORY_NOT_FOUND, f"there is no picture in {source}")
    return Selection(files, found["no picture"], found["link"])


def _pictures(source: Path, left: Counter[str]) -> Iterator[LocalFile]:
    """The pictures in the folder; what is left there is counted."""
    suffixes, root = accepted_suffixes(gif=True), source.resolve()
    for path in _visible(source):
        if path.is_symlink() and not _leads_below(path, root):
            left["link"] += 1
        elif path.is_dir():
            continue
        elif suffix_of(os.fsencode(path.name)) in suffixes and path.is_file():
            name = f"{root.name}/{path.relative_to(source).as_posix()}"
            yield LocalFile(path, name, path.stat().st_size)
        else:
            left["no picture"] += 1


def _leads_below(link: Path, root: Path) -> bool:
    """Whether the link leads into the folder; one that leads to itself does not."""
    try:
        return link.resolve(strict=True).is_relative_to(root)
    except FileNotFoundError:
        return link.resolve().is_relative_to(root)
    except (OSError, RuntimeError):
        return False


def _visible(source: Path) -> Iterator[Path]:
    """Files, and links to folders, which are not entered."""

    def refuse(error: OSError) -> None:
        raise SluiceError(Code.PERMISSION_DENIED, f"{error.filename} cannot be read: {error.strerror}")

    for folder, folders, names in os.walk(source, onerror=refuse):
        folders[:] = sorted(name for name in folders if not BY_NAME.is_ignored_folder(os.fsencode(name)))
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in sorted([*links, *names]):
            if not is_ignored_file(os.fsencode(name)):
                yield Path(folder) / name


def sendable(name: str) -> str:
    """A file name as text, whatever bytes it is of."""
    return os.fsencode(name).decode(errors="backslashreplace")
