"""Moving photos into archive folders and back: checked, journalled, one at a time."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from libs.common.errors import Code, FileError, SluiceError
from libs.common.sources.sources import Sources
from services.gateway.archive import manifest
from services.gateway.archive.checks import Seen, as_file_error, check, look
from services.gateway.archive.history import Recorded
from services.gateway.archive.journal import Begun, Carried, Done, Journal, Move, Undone
from services.gateway.archive.moves.naming import Siblings, free_names
from services.gateway.archive.moves.relocating import relocate, whereabouts
from services.gateway.archive.moves.rules import Rules
from services.gateway.archive.planning import Photo, Target

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Checked:
    """A move that may happen now. `seen` are the files just before, the photo first."""

    photo: Photo
    keeper: Photo | None
    files: tuple[Carried, ...]
    seen: tuple[Seen, ...]
    stack: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Looked:
    target: Target
    keeper: Photo | None
    files: list[tuple[Path, Seen]]


class StaysError(Exception):
    """A photo that must stay where it is, and why."""

    def __init__(self, path: Path, error: SluiceError) -> None:
        super().__init__(f"{path}: {error.detail}")
        self.path = path
        self.error = error


def checked(
    unit: Sequence[Target],
    folder: str,
    rules: Rules,
    siblings: Siblings,
    gone: Callable[[Path], bool] = lambda _: False,
) -> list[Checked]:
    """Look at the targets, which lie in one folder, their keepers and what goes along.

    Raises StaysError for the first that must stay. `gone` says which paths count as moved: in a dry run they
    are all still there.
    """
    there = unit[0].photo.path.parent / folder
    looked = [_looked(target, unit, there, rules, siblings, gone) for target in unit]
    _claim_once(looked)
    names = [path.name for each in looked for path, _ in each.files]
    stem = min(len(each.target.photo.path.stem) for each in looked)
    free = iter(free_names(names, stem, lambda name: os.path.lexists(there / name)))
    return [
        Checked(
            each.target.photo,
            each.keeper,
            tuple(_carried(path, there / next(free), seen) for path, seen in each.files),
            tuple(seen for _, seen in each.files),
            each.target.stack,
        )
        for each in looked
    ]


def _looked(
    target: Target,
    unit: Sequence[Target],
    there: Path,
    rules: Rules,
    siblings: Siblings,
    gone: Callable[[Path], bool],
) -> _Looked:
    photo = target.photo
    try:
        seen = check(photo.path, photo.sha256, rules.sources)
        keeper = _keeper(target, seen, rules.sources, gone)
        _check_folder(there)
        with _file_errors():
            baseline = siblings.baseline(photo.path, {each.photo.path.name for each in unit})
            files = [(photo.path, seen), *_along(baseline, rules.sources)]
    except SluiceError as error:
        raise StaysError(photo.path, error) from error
    return _Looked(target, keeper, files)


def _claim_once(looked: Sequence[_Looked]) -> None:
    """What belongs to several photos that move together goes with the first of them."""
    claimed = set[Path]()
    for each in looked:
        each.files[:] = [(path, seen) for path, seen in each.files if path not in claimed]
        claimed.update(path for path, _ in each.files)


def carry_out(rules: Rules, journal: Journal, number: int, found: Checked) -> Recorded:
    """Make the move. FileError if it could not be; it is then undone, or left to `resolve`."""
    move = Move(
        stack=found.stack,
        number=number,
        way="archive",
        point_id=found.photo.point_id,
        files=found.files,
        keeper=str(found.keeper.path) if found.keeper else None,
    )
    return _perform(rules, journal, move, found.seen)


def carry_out_all(
    rules: Rules, journal: Journal, numbers: Iterator[int], unit: Sequence[Checked]
) -> list[Recorded]:
    """Make all of these moves. StaysError if one could not be made: those before it are taken back."""
    made: list[Recorded] = []
    for found in unit:
        try:
            made.append(carry_out(rules, journal, next(numbers), found))
        except SluiceError as error:
            for each in reversed(made):
                put_back(rules, journal, next(numbers), each, dry_run=False)
            raise StaysError(found.photo.path, error) from error
    return made


def put_back(rules: Rules, journal: Journal, number: int, archived: Recorded, *, dry_run: bool) -> None:
    """Move an archived photo to where it was. FileError name_taken and others; it then stays archived.

    A dry run only looks.
    """
    files = tuple(_turned(file) for file in archived.moved)
    photo = files[0]
    _check_way_back(Path(photo.destination))
    seen = look(Path(photo.source), rules.sources)
    if seen.sha256 != photo.sha256:
        raise FileError(Code.FILE_CHANGED, "its content has changed in the archive folder: move it by hand")
    if dry_run:
        return
    move = Move(
        number=number,
        way="restore",
        point_id=archived.move.point_id,
        files=files,
        undoes=archived.move.number,
        stack=archived.move.stack,
    )
    _perform(rules, journal, move, (seen,))


def resolve(rules: Rules, journal: Journal, move: Move) -> Recorded:
    """Finish the move if its photo has begun to move, else say that it did not happen.

    The photo moves first, so a photo that has not moved means that nothing has. Raises OSError.
    """
    if whereabouts(move.files[0], rules) == "source":
        journal.write(Undone(number=move.number, reason="interrupted"))
        return Recorded(move, "undone")
    return _complete(rules, journal, move, (), resumed=True)


def _perform(rules: Rules, journal: Journal, move: Move, seen: Sequence[Seen]) -> Recorded:
    with _file_errors():
        if move.way == "archive":
            with rules.places.of(Path(move.files[0].destination).parent) as folder:
                rules.disk.make_folder(folder)
                rules.disk.sync_folder(folder)
        journal.write(Begun(move=move))
        try:
            return _complete(rules, journal, move, seen)
        except (OSError, FileError) as error:
            found = resolve(rules, journal, move)
            if found.state == "undone":
                raise
            log.warning("%s has moved, but not smoothly: %s", move.files[0].source, error)
            return found


def _complete(
    rules: Rules, journal: Journal, move: Move, seen: Sequence[Seen], *, resumed: bool = False
) -> Recorded:
    moved = []
    for index, file in enumerate(move.files):
        try:
            if not resumed or whereabouts(file, rules) != "destination":
                expected = seen[index] if index < len(seen) else None
                relocate(rules, Path(file.source), Path(file.destination), expected)
            moved.append(index)
        except (OSError, FileError):
            if index == 0:
                raise
            # What describes a photo may stay behind; the journal says which of it came along.
    files = tuple(move.files[index] for index in moved)
    manifest.note(rules, journal.folder.name, move.way, files)
    journal.write(Done(number=move.number, files=tuple(moved)))
    return Recorded(move, "archived" if move.way == "archive" else "restored", files)


def _along(paths: Iterable[Path], sources: Sources) -> Iterator[tuple[Path, Seen]]:
    """Those that are regular files and can be read; the others stay."""
    for path in paths:
        with suppress(FileError):
            yield path, look(path, sources)


def _keeper(target: Target, seen: Seen, sources: Sources, gone: Callable[[Path], bool]) -> Photo | None:
    """The best of the files in whose favour it goes that is there right now, as it was ingested.

    FileError last_copy where there is none, and same_file where another name of the target would stay.
    """
    if target.rivals is None:
        return None
    keeper = _other_file(target, seen, sources, gone)
    for rival in target.rivals:
        if rival.path not in (target.photo.path, keeper.path) and not gone(rival.path):
            with suppress(OSError):
                found = rival.path.lstat()
                if (found.st_dev, found.st_ino) == (seen.device, seen.inode):
                    detail = f"{rival.path} is another name of the same file: moving it would free nothing"
                    raise FileError(Code.SAME_FILE, detail)
    return keeper


def _other_file(target: Target, seen: Seen, sources: Sources, gone: Callable[[Path], bool]) -> Photo:
    for rival in target.rivals or ():
        if rival.path == target.photo.path or gone(rival.path):
            continue
        try:
            other = check(rival.path, rival.sha256, sources)
        except FileError:
            continue
        if not other.is_same_file(seen):
            return rival
    raise FileError(Code.LAST_COPY, "no other copy of it is left in place")


def _check_folder(folder: Path) -> None:
    if os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir()):
        raise FileError(Code.CANNOT_MOVE, f"{folder.name} next to it is not a folder: rename that first")


def _check_way_back(destination: Path) -> None:
    if os.path.lexists(destination):
        raise FileError(Code.NAME_TAKEN, "there is another file of its name now: move or rename that first")


def _carried(source: Path, destination: Path, seen: Seen) -> Carried:
    return Carried(source=str(source), destination=str(destination), size=seen.size, sha256=seen.sha256)


def _turned(file: Carried) -> Carried:
    return Carried(source=file.destination, destination=file.source, size=file.size, sha256=file.sha256)


@contextmanager
def _file_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise as_file_error(error) from error
