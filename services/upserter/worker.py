"""The upserter's logic: points into their collections, and an outcome for each once it is stored."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from libs.common import events
from libs.common.errors import Code, FileError, SluiceError, UnavailableError
from libs.common.kafka.outgoing import Outgoing, event, outcomes
from libs.common.messages import PointRecord
from libs.common.metrics.declared import RETRIES, STEP
from libs.common.metrics.instruments import Instruments
from libs.common.points.fields import Fields
from libs.common.points.payload import payload_of
from libs.common.points.places import Places, offline_places
from libs.common.points.written import metadata_of
from libs.common.runtime.retry import until_available
from libs.common.store.protocol import Point
from services.upserter.additions import Additions
from services.upserter.admission import Admission, Shape, gone
from services.upserter.copies import Copies, Known
from services.upserter.origins import Origins
from services.upserter.watch import StoreWatch
from services.upserter.writing import Writer

FLOAT_BYTES = 4

Reported = list[tuple[str, events.Outcome]]
T = TypeVar("T")
Now = Callable[[], float]
"""Seconds since the epoch, by the brokers' clock."""


class UpserterWorker:
    """A Worker over point records. `stored` is told only after the store has acknowledged."""

    def __init__(
        self,
        admission: Admission,
        writer: Writer,
        copies: Copies,
        watch: StoreWatch,
        now: Now,
        instruments: Instruments | None = None,
    ) -> None:
        self._admission = admission
        self._writer = writer
        self._copies = copies
        self._origins = Origins(copies.store)
        self._additions = Additions(copies.store)
        self._watch = watch
        self._now = now
        self._instruments = instruments or Instruments()
        self._away: dict[object, str] = {}

    @property
    def waiting(self) -> str | None:
        """Why it waits for the store, if it does."""
        return next(iter(self._away.values()), None) or self._watch.away

    async def __call__(self, batch: Sequence[PointRecord]) -> list[Outgoing]:
        """Store the batch; every record of it has an outcome in what is returned."""
        made = [record for record in batch if record.description is None]
        groups = _by_shape(record for record in made if _is_whole(record))
        adding = _by_collection(record for record in batch if record.description is not None)
        with self._instruments.timed(STEP, "store"):
            found = await asyncio.gather(
                *(self._store(shape, group) for shape, group in groups.items()),
                *(self._add(collection, group) for collection, group in adding.items()),
            )
        broken = outcomes(_broken(record) for record in made if not _is_whole(record))
        return broken + [outgoing for group in found for outgoing in group]

    async def _add(self, collection: tuple[str, str], records: list[PointRecord]) -> list[Outgoing]:
        """Add what the records say to points that are there."""
        try:
            place = await self._waited(lambda: self._admission.place_of(*collection))
            refused = await self._waited(lambda: self._additions.write(place, records))
        except SluiceError as error:
            return _refused(records, _of_collection(collection[0], error))
        latest = {(record.file.job_id, record.file.file_id): record for record in records}
        return outcomes((each.file.job_id, _outcome(each, refused, {})) for each in latest.values())

    async def _store(self, shape: Shape, records: list[PointRecord]) -> list[Outgoing]:
        try:
            place = await self._waited(lambda: self._admission.check(shape))
            # Asked before anything is written, and not again: a second try would find this batch itself.
            known = await self._waited(lambda: self._copies.of(place, records))
            return outcomes(await self._waited(lambda: self._write(place, records, known)))
        except SluiceError as error:
            return _refused(records, _of_collection(shape.collection, error))

    async def _write(self, place: str, records: list[PointRecord], known: Known) -> Reported:
        latest, now = {record.file.file_id: record for record in records}, self._now()
        places = await _places(latest.values())
        before = known.own | await self._origins.of(latest.values())
        points = [_point(each, now, places, before.get(id_)) for id_, each in latest.items()]
        rejected = await self._writer.write(place, points)
        return [
            (record.file.job_id, _outcome(record, rejected, known.copies))
            for record in {(r.file.job_id, r.file.file_id): r for r in records}.values()
        ]

    async def _waited(self, call: Callable[[], Awaitable[T]]) -> T:
        """The call's result, tried again for as long as the store is away."""
        token = object()

        def away(error: UnavailableError) -> None:
            self._away[token] = error.detail
            self._instruments.count(RETRIES, "store")

        def back() -> None:
            del self._away[token]

        return await until_available(call, away, back)


def _by_shape(batch: Iterable[PointRecord]) -> dict[Shape, list[PointRecord]]:
    groups: dict[Shape, list[PointRecord]] = defaultdict(list)
    for record in batch:
        dimension = len(record.inference.embedding) // FLOAT_BYTES
        file = record.file
        groups[Shape(file.collection, file.generation, record.inference.model, dimension)].append(record)
    return groups


def _by_collection(batch: Iterable[PointRecord]) -> dict[tuple[str, str], list[PointRecord]]:
    """By collection and generation."""
    groups: dict[tuple[str, str], list[PointRecord]] = defaultdict(list)
    for record in batch:
        groups[record.file.collection, record.file.generation].append(record)
    return groups


def _is_whole(record: PointRecord) -> bool:
    length = len(record.inference.embedding)
    return length > 0 and length % FLOAT_BYTES == 0


def _broken(record: PointRecord) -> tuple[str, events.Outcome]:
    error = FileError(
        Code.ML_BAD_RESULT, f"its embedding of {len(record.inference.embedding)} bytes is no list of float32"
    )
    return record.file.job_id, events.failure(record.file.file_id, record.file.file, error)


async def _places(records: Iterable[PointRecord]) -> Places | None:
    """The towns, which are read when the first photo says where it was taken."""
    if any(metadata_of(record).location is not None for record in records):
        return await asyncio.to_thread(offline_places)
    return None


def _point(record: PointRecord, stored_at: float, places: Places | None, before: Fields | None) -> Point:
    vector = np.frombuffer(record.inference.embedding, dtype="<f4")
    return Point(record.file.file_id, vector, payload_of(record, stored_at, places, before))


def _outcome(
    record: PointRecord, rejected: dict[str, SluiceError], existing: dict[str, str]
) -> events.Outcome:
    file = record.file
    if file.file_id in rejected:
        return events.failure(file.file_id, file.file, rejected[file.file_id])
    return events.Outcome(
        file_id=file.file_id,
        file=file.file,
        outcome="stored",
        source=record.source,
        caption=_caption(record),
        existing_id=existing.get(file.file_id),
    )


def _caption(record: PointRecord) -> str | None:
    reported = record.inference.caption if record.description is None else record.description.caption
    return record.file.given_caption or reported


def _of_collection(collection: str, error: SluiceError) -> SluiceError:
    """A collection that vanished under a write is gone, like one that was found missing before it."""
    return gone(collection) if error.code is Code.COLLECTION_NOT_FOUND else error


def _refused(records: Sequence[PointRecord], error: SluiceError) -> list[Outgoing]:
    """No file of these jobs can be stored: say so for each, and once a job, so that its scanner ends it."""
    reported = [(r.file.job_id, events.failure(r.file.file_id, r.file.file, error)) for r in records]
    jobs = dict.fromkeys(record.file.job_id for record in records)
    return outcomes(reported) + [
        event(events.JobError(job_id=job, code=error.code, error=error.detail)) for job in jobs
    ]
