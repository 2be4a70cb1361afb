"""Having the points follow files that have moved or gone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import numpy as np

from libs.common import messages
from libs.common.duplicates.settling import settle
from libs.common.errors import Code
from libs.common.events import Outcome
from libs.common.kafka.outgoing import Outgoing, outcomes
from libs.common.kafka.tables.keyed import values
from libs.common.messages import File, RemovedRecord
from libs.common.points.fields import Fields
from libs.common.points.paths import path_of
from libs.common.points.payload import moved
from libs.common.store.protocol import Payload, Point, Record
from libs.common.topics import REMOVED
from services.scanner.jobs.changelog import JobRecord
from services.scanner.jobs.files import shown
from services.scanner.jobs.orders import Orders
from services.scanner.listing.spool import Spool
from services.scanner.outbox import until_available
from services.scanner.sync.comparing import Move
from services.scanner.sync.stored import Candidate, StoredPoint, StoredPoints
from services.scanner.wiring import Wiring

BATCH = 256
"""Points that are moved or removed at once."""
A_RECORD = 32
"""Points of a record on `removed`: with thumbnail and vector they still fit one."""
PAUSED_S = 0.2

T = TypeVar("T")
Wait = Callable[[float], Awaitable[None]]
"""Waits until something changes, or for so many seconds."""


class Applying:
    """Each step is stored before it is reported, and may be taken twice."""

    def __init__(self, record: JobRecord, spool: Spool, orders: Orders, wiring: Wiring, wait: Wait) -> None:
        self._record = record
        self._spool = spool
        self._wait = wait
        self._orders = orders
        self._wiring = wiring
        self._collection, self._place = record.collection or "", record.place

    async def move(self, moves: Sequence[Move]) -> None:
        """Give points of gone files to the files that have their content now."""
        for start in range(0, len(moves), BATCH):
            await self._move(moves[start : start + BATCH])

    async def catch_up(self) -> None:
        """Report the points that a scanner before this one removed and had no time to report."""
        async for body in values(self._wiring.connection, REMOVED, self._record.job_id, since=0):
            kept = messages.decode(body or b"", RemovedRecord)
            still = {record.id for record in await self._read(list(kept.ids))}
            paths = {
                id_: path_of(Fields(payload)) or b""
                for id_, payload in zip(kept.ids, kept.payloads, strict=True)
            }
            named = [(id_, shown(self._record, path)) for id_, path in paths.items()]
            told = await asyncio.to_thread(self._spool.ended_of, named)
            left = paths.keys() - still - told
            if left:
                await self._report([self._outcome(id_, paths[id_], Code.REMOVED) for id_ in left])

    async def remove(self, points: StoredPoints) -> None:
        """Remove the points of gone files, once they lie on `removed`."""
        after = ""
        while page := await asyncio.to_thread(points.gone_page, after, BATCH):
            await self._remove(page)
            after = page[-1].id

    async def _move(self, moves: Sequence[Move]) -> None:
        await self._running()
        files = {move.point.id: move.file for move in moves}
        begun = {move.point.id for move in moves if move.begun}
        store, records = self._wiring.store, await self._read(list(files))
        there = [self._there(record, files[record.id]) for record in records if record.id not in begun]
        await self._patiently(lambda: store.upsert(self._place, there))
        await self._patiently(lambda: store.delete_points(self._place, list(files)))
        await self._settle([*(each.payload for each in records), *(each.payload for each in there)])
        await self._report(
            [self._outcome(file.file_id, file.path, Code.MOVED, before) for before, file in files.items()]
        )

    async def _remove(self, page: Sequence[StoredPoint]) -> None:
        await self._running()
        store, gone = self._wiring.store, [point.id for point in page]
        records = await self._read(gone)
        await self._wiring.outbox.send(self._kept(records))
        await self._patiently(lambda: store.delete_points(self._place, gone))
        await self._settle([record.payload for record in records])
        await self._report([self._outcome(point.id, point.path, Code.REMOVED) for point in page])

    async def _settle(self, payloads: Sequence[Payload]) -> None:
        """What is left of their stacks, and has come to them, says what stands for them."""
        stacks = {Fields(payload).stack or "" for payload in payloads} - {""}
        await self._patiently(lambda: settle(self._wiring.store, self._place, stacks))

    def _there(self, record: Record, found: Candidate) -> Point:
        file = File(
            job_id=self._record.job_id,
            file_id=found.file_id,
            collection=self._collection,
            generation=self._record.generation,
            path=found.path,
            file=shown(self._record, found.path),
            size=found.size,
            mtime_ns=found.mtime_ns,
            ctime_ns=found.ctime_ns,
            etag=found.etag,
            root_length=len(self._record.root or b""),
        )
        return Point(found.file_id, record.vector or [], moved(record.payload, file, self._wiring.now()))

    def _kept(self, records: Sequence[Record]) -> list[Outgoing]:
        return [
            self._removed(records[start : start + A_RECORD]) for start in range(0, len(records), A_RECORD)
        ]

    def _removed(self, records: Sequence[Record]) -> Outgoing:
        body = RemovedRecord(
            job_id=self._record.job_id,
            collection=self._collection,
            generation=self._record.generation,
            ids=tuple(record.id for record in records),
            payloads=tuple(dict(record.payload) for record in records),
            vectors=tuple(np.asarray(record.vector or [], dtype="<f4").tobytes() for record in records),
        )
        return Outgoing(REMOVED, self._record.job_id, messages.encode(body))

    def _outcome(self, file_id: str, path: bytes, code: Code, existing_id: str | None = None) -> Outcome:
        where = "It has moved" if code is Code.MOVED else "It is gone"
        return Outcome(
            file_id=file_id,
            file=shown(self._record, path),
            outcome="skipped",
            code=code,
            error=f"{where}, and its point with it",
            existing_id=existing_id,
        )

    async def _read(self, ids_: list[str]) -> list[Record]:
        store = self._wiring.store
        return await self._patiently(lambda: store.retrieve(self._place, ids_, vectors=True))

    async def _report(self, reported: Sequence[Outcome]) -> None:
        await self._wiring.outbox.send(outcomes((self._record.job_id, outcome) for outcome in reported))
        # Before they come back by job-status: none of these is to be emitted.
        await asyncio.to_thread(self._spool.fold, reported)

    async def _running(self) -> None:
        while not self._orders.running:
            await self._wait(PAUSED_S)

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        return await until_available(call, self._wiring.health)
