"""The part of archiving that blocks: whole runs of moves, there and back, and recovery. Run it in threads."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, groupby
from pathlib import Path

from libs.common.errors import Code, FileError, SluiceError
from services.gateway.archive import manifest
from services.gateway.archive.history import ArchiveHistory, Recorded, reported, split
from services.gateway.archive.journal import Carried, Finished, Journal
from services.gateway.archive.moves.locking import Locks
from services.gateway.archive.moves.moving import (
    Checked,
    StaysError,
    carry_out_all,
    checked,
    put_back,
    resolve,
)
from services.gateway.archive.moves.naming import Siblings
from services.gateway.archive.moves.rules import Rules
from services.gateway.archive.planning import Skipped, Target, all_kept, units

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gone:
    """A photo that is in an archive folder now, or in a dry run would be."""

    point_id: str
    files: tuple[Carried, ...]
    keeper: Path | None


@dataclass(slots=True)
class Result:
    """What became of each target."""

    archived: list[Gone] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Return:
    """What became of an archived photo: restored (in a dry run: would be), or the error that kept it."""

    recorded: Recorded
    error: SluiceError | None = None


class MoveExecutor:
    """Moves files for the archives in `root`. `stopping` ends a run after the file at hand."""

    def __init__(self, root: Path, rules: Rules) -> None:
        self.root = root
        self.rules = rules
        self.locks = Locks(root)
        self.stopping = threading.Event()

    def journal(self, archive_id: str) -> Journal:
        """The archive's journal, which may not be there."""
        return Journal(self.root / archive_id, self.rules.disk)

    def history(self, archive_id: str) -> ArchiveHistory | None:
        """What the journal tells; None if there is no such archive."""
        return reported(archive_id, self.journal(archive_id).lines())

    def archive_ids(self) -> list[str]:
        """All archives, the newest first."""
        if not self.root.is_dir():
            return []
        return sorted((entry.name for entry in self.root.iterdir() if entry.is_dir()), reverse=True)

    def archive(self, archive_id: str, targets: Sequence[Target], folder: str) -> Result:
        """Move the targets into `folder`s next to them, each checked just before. The caller owns it."""
        journal, numbers = self.journal(archive_id), count()

        def move(unit: Sequence[Checked]) -> list[tuple[Carried, ...]]:
            return [each.moved for each in carry_out_all(self.rules, journal, numbers, unit)]

        result = self._each(targets, folder, move, lambda _: False)
        try:
            journal.write(Finished())
        except OSError as error:
            # The next recovery writes it.
            log.warning("the journal of archive %s cannot be ended: %s", archive_id, error)
        return result

    def rehearse(self, targets: Sequence[Target], folder: str) -> Result:
        """What `archive` would do now; nothing moves."""
        gone: set[Path] = set()

        def pretend(unit: Sequence[Checked]) -> list[tuple[Carried, ...]]:
            gone.update(found.photo.path for found in unit)
            return [found.files for found in unit]

        return self._each(targets, folder, pretend, gone.__contains__)

    def restore(self, archive_id: str, *, dry_run: bool) -> list[Return]:
        """Move back all that is archived, the last first; emptied folders go. The caller owns it."""
        journal = self.journal(archive_id)
        returns = list(self._returns(journal, dry_run=dry_run))
        if not dry_run:
            self._tidy({Path(each.recorded.moved[0].destination).parent for each in returns})
        return returns

    def _tidy(self, folders: Iterable[Path]) -> None:
        """Remove the folders that are empty now; what is in the way of that is only logged."""
        for folder in folders:
            try:
                with self._turn():
                    manifest.tidy(self.rules, folder)
            except SluiceError as error:
                log.info("%s is not looked at: %s", folder, error.detail)

    def recover(self, archive_id: str) -> ArchiveHistory | None:
        """Finish or undo the moves that a crash cut short. The caller owns it. OSError, SluiceError."""
        journal = self.journal(archive_id)
        journal.repair()
        history = self.history(archive_id)
        if history is None:
            return None
        for move in history.half_done:
            with self.locks.turn():
                found = resolve(self.rules, journal, move)
            log.warning("an interrupted move of %s is %s", move.files[0].source, found.state)
        if not history.finished:
            self._unite(journal)
            journal.write(Finished(interrupted=True))
        return self.history(archive_id)

    def _unite(self, journal: Journal) -> None:
        """Put back what moved of a stack of which a crash kept the rest from moving."""
        history = self.history(journal.folder.name)
        if history is None:
            return
        for number, archived in enumerate(split(history), start=history.next_number):
            try:
                with self.locks.turn():
                    put_back(self.rules, journal, number, archived, dry_run=False)
            except SluiceError as error:
                log.warning("%s stays archived alone: %s", archived.move.files[0].source, error.detail)

    def _each(
        self,
        targets: Sequence[Target],
        folder: str,
        move: Callable[[Sequence[Checked]], list[tuple[Carried, ...]]],
        gone: Callable[[Path], bool],
    ) -> Result:
        result, siblings = Result(), Siblings()
        for unit in units(targets):
            try:
                with self._turn():
                    found = checked(unit, folder, self.rules, siblings, gone)
                    moved = move(found)
            except StaysError as stays:
                result.skipped += all_kept(unit, Skipped(stays.path, stays.error))
            except SluiceError as error:
                result.skipped += all_kept(unit, Skipped(unit[0].photo.path, error))
            else:
                for each, files in zip(found, moved, strict=True):
                    siblings.gone(Path(file.source) for file in files)
                    keeper = each.keeper.path if each.keeper else None
                    result.archived.append(Gone(each.photo.point_id, files, keeper))
        return result

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self.stopping.is_set():
            raise FileError(Code.CANCELLED, "the service is stopping: ask again")
        with self.locks.turn():
            yield

    def _returns(self, journal: Journal, *, dry_run: bool) -> Iterator[Return]:
        history = self.history(journal.folder.name)
        if history is None:
            return
        numbers = count(history.next_number)
        for _, unit in groupby(history.archived, lambda each: each.move.stack or each.move.number):
            yield from self._returned(journal, numbers, list(unit), dry_run=dry_run)

    def _returned(
        self, journal: Journal, numbers: Iterator[int], unit: Sequence[Recorded], *, dry_run: bool
    ) -> Iterator[Return]:
        """All of a stack, or none of it."""
        # A photo of its own is looked at only once.
        for archived in unit if len(unit) > 1 else ():
            try:
                put_back(self.rules, journal, next(numbers), archived, dry_run=True)
            except SluiceError as error:
                yield from (Return(each, error) for each in unit)
                return
        for archived in unit:
            try:
                with self._turn():
                    put_back(self.rules, journal, next(numbers), archived, dry_run=dry_run)
                yield Return(archived)
            except SluiceError as error:
                yield Return(archived, error)
