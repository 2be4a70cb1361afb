"""Comparing a job's files with the points below its root."""

import asyncio
import hashlib
import os
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from libs.common import ids
from libs.common.errors import FileError
from libs.common.events import SyncCounts
from libs.common.points.fields import Fields
from libs.common.points.paths import path_of
from libs.common.store.protocol import Record
from services.scanner.jobs.changelog import JobRecord
from services.scanner.jobs.files import named
from services.scanner.jobs.unchanged import RACY_S, has_its_times, is_unchanged
from services.scanner.listing.entries import Spooled
from services.scanner.sync.guards import Situation, is_whole, objection
from services.scanner.sync.place import has_entries, place_of
from services.scanner.sync.reading import Reading
from services.scanner.sync.stored import Candidate, StoredPoint, StoredPoints
from services.scanner.wiring import Wiring

_CHUNK_BYTES = 1 << 20

T = TypeVar("T")


class Move(NamedTuple):
    """A listed file that has the content of a point whose file is gone.

    `begun`: the file has its point, from a scanner before this one that had no time for the rest.
    """

    file: Candidate
    point: StoredPoint
    begun: bool = False


class Elsewhere(NamedTuple):
    """Where just some paths were listed: whether there are files at all, and all points below the root."""

    files: int = 0
    points: int = 0


class Comparison(NamedTuple):
    """How the two differ, and what may be done about it."""

    counts: SyncCounts
    moves: Sequence[Move]
    situation: Situation


class Comparing:
    """Reads the points below one job's root into its spool, and compares."""

    def __init__(self, record: JobRecord, points: StoredPoints, wiring: Wiring, began: float) -> None:
        self._record = record
        self._points = points
        self._wiring = wiring
        self._since = began - RACY_S
        self._root = record.root or b""
        self._collection = record.collection or ""
        self._reading = Reading(record, wiring)

    async def compared(self, again: bool = False) -> Comparison:
        """The comparison; while the store is away it waits.

        `again`: a scanner before this one has compared, and may have begun a move.
        """
        await self._read()
        situation, moves = await self._situation(again)
        return Comparison(await asyncio.to_thread(self._counts, situation, len(moves)), moves, situation)

    async def _read(self) -> None:
        async for page in self._reading.pages():
            await asyncio.to_thread(self._add, page)

    def _add(self, page: Sequence[Record]) -> None:
        paths = {record.id: path_of(Fields(record.payload)) for record in page}
        below = {
            id_: path for id_, path in paths.items() if path is not None and self._reading.includes(path)
        }
        listed = self._points.listed(list(below), below)
        self._points.add(
            self._stored(Fields(record.payload), record.id, below[record.id], listed.get(record.id))
            for record in page
            if record.id in listed
            or (record.id in below and not self._came_later(Fields(record.payload), below[record.id]))
        )

    def _came_later(self, point: Fields, path: bytes) -> bool:
        """Whether the file may have come behind the listing: stored by another job since, and there."""
        return (point.stored_at or 0.0) >= self._since and os.path.lexists(path)

    def _stored(self, point: Fields, id_: str, path: bytes, listed: Spooled | None) -> StoredPoint:
        model = self._wiring.control.model()
        unchanged = (
            listed is not None
            and model is not None
            and not self._record.request.force
            and is_unchanged(self._record, listed, point, model.model)
        )
        return StoredPoint(
            id=id_,
            path=path,
            size=point.size or 0,
            file_hash=point.file_hash or "",
            unchanged=unchanged,
            caption=point.caption,
            arrived=listed is not None and self._arrived(listed, point),
        )

    def _arrived(self, listed: Spooled, point: Fields) -> bool:
        since_accepted = 0 < self._record.accepted_at <= (point.stored_at or 0.0)
        return since_accepted and has_its_times(listed, point)

    async def _situation(self, again: bool) -> tuple[Situation, Sequence[Move]]:
        before = self._wiring.control.synced(self._collection, self._root)
        place = await self._in_lister(lambda: place_of(self._root))
        elsewhere = await self._elsewhere() if named(self._record) else Elsewhere()
        found = await asyncio.to_thread(
            self._found, place, None if before is None else before.place, elsewhere
        )
        # Where not everything could be listed, a file that is not there need not have moved.
        moves = list[Move]()
        if found.gone and is_whole(found):
            moves = await asyncio.to_thread(self._begun) if again else []
            moves += await self._in_lister(self._moves)
        return replace(found, gone=found.gone - len(moves)), moves

    async def _elsewhere(self) -> Elsewhere:
        """What is below the root, also next to the paths that were listed."""
        there = await self._in_lister(lambda: has_entries(self._root))
        return Elsewhere(files=int(there), points=await self._reading.below_root())

    def _found(self, place: str | None, place_before: str | None, elsewhere: Elsewhere) -> Situation:
        points = self._points
        return Situation(
            files=max(points.files(), elsewhere.files),
            unreadable=points.unreadable(),
            gone=points.gone(),
            points=max(points.count(), elsewhere.points),
            place=place,
            place_before=place_before,
        )

    def _begun(self) -> list[Move]:
        return [Move(file, point, begun=True) for file, point in self._points.take(self._points.arrived())]

    def _moves(self) -> list[Move]:
        candidates = self._points.candidates()
        hashed = [(file, sha256) for file in candidates if (sha256 := self._hashed(file.path)) is not None]
        return [Move(file, point) for file, point in self._points.take(hashed)]

    def _hashed(self, path: bytes) -> str | None:
        digest, at = hashlib.sha256(), 0
        try:
            with self._wiring.sources.of(path).open(path) as file:
                while chunk := os.pread(file.descriptor, _CHUNK_BYTES, at):
                    digest.update(chunk)
                    at += len(chunk)
        except (OSError, FileError):
            return None  # the processor says why
        return digest.hexdigest()

    def _counts(self, found: Situation, moved: int) -> SyncCounts:
        points = self._points
        reason = objection(found, self._record.request.prune, self._wiring.settings.sync_most_gone)
        paths = named(self._record)
        return SyncCounts(
            added=points.added() - moved,
            changed=points.changed(),
            moved=moved,
            removed=0 if reason else found.gone,
            unchanged=points.unchanged(),
            pending=found.gone if reason else 0,
            reason=reason,
            whole=not paths,
            root=ids.display_name(self._root) if reason else None,
            paths=paths if reason else (),
        )

    async def _in_lister(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._wiring.listers, call)
