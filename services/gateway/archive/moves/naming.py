"""Which files go along with a photo, and what they are called where they go. Pure, but for `Siblings`."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path, PurePath

from sluice.files.formats import SIDECAR_SUFFIXES

DUPLICATES = "_VibeDuplicates"
SELECTION = "_VibeArchive"

FOLLOWERS = SIDECAR_SUFFIXES | {".mov"}
"""Suffixes of what describes a photo, and of the moving part of a Live Photo."""

ByStem = Mapping[str, Iterable[str]]


def followers(name: str, by_stem: ByStem) -> list[str]:
    """The names next to `name` that belong to it alone.

    IMG_1.xmp belongs to IMG_1.jpg unless there is, say, an IMG_1.dng too; IMG_1.jpg.xmp always does.
    """
    baseline = sorted(other for other in by_stem.get(PurePath(name).stem, ()) if other != name)
    shared = any(not _follows(other) for other in baseline)
    own = sorted(other for other in by_stem.get(name, ()) if _follows(other))
    return own if shared else baseline + own


def free_names(names: Sequence[str], stem: int, is_taken: Callable[[str], bool]) -> list[str]:
    """What files with `names` are called where none of those is taken.

    All get the same number behind their first `stem` characters, so that they still belong together.
    """
    return next(wanted for wanted in _numbered(names, stem) if not any(map(is_taken, wanted)))


def _numbered(names: Sequence[str], stem: int) -> Iterator[list[str]]:
    yield list(names)
    for number in count(2):
        yield [f"{name[:stem]}_{number}{name[stem:]}" for name in names]


def _follows(name: str) -> bool:
    return PurePath(name).suffix.lower() in FOLLOWERS


class Siblings:
    """The names in the folders that a run moves files out of, read once: folders can be huge."""

    def __init__(self) -> None:
        self._folders: dict[Path, defaultdict[str, set[str]]] = {}

    def baseline(self, photo: Path, photos: Collection[str]) -> list[Path]:
        """The files that go along with the photo; OSError if its folder cannot be read.

        `photos`: the names of those that move together with it, itself among them.
        """
        names = self._names(photo.parent)
        left = {
            stem: {name for name in names.get(stem, ()) if name == photo.name or name not in photos}
            for stem in (photo.stem, photo.name)
        }
        return [photo.with_name(name) for name in followers(photo.name, left)]

    def gone(self, paths: Iterable[Path]) -> None:
        """These have moved away."""
        for path in paths:
            if path.parent in self._folders:
                self._folders[path.parent][path.stem].discard(path.name)

    def _names(self, folder: Path) -> ByStem:
        if folder not in self._folders:
            names: defaultdict[str, set[str]] = defaultdict(set)
            for path in folder.iterdir():
                names[path.stem].add(path.name)
            self._folders[folder] = names
        return self._folders[folder]
