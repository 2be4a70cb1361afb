"""An upserter over the real embedded store, and a control table without Kafka."""

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import pytest

from libs.common import control, events
from libs.common.control import CollectionState, FilledBy
from libs.common.kafka.outgoing import Outgoing
from libs.common.messages import File, PointRecord
from libs.common.points.fields import INDEXES
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Store
from libs.common.topics import CONTROL, JOB_STATUS
from services.upserter.admission import Admission
from services.upserter.copies import Copies
from services.upserter.watch import StoreWatch
from services.upserter.worker import UpserterWorker
from services.upserter.writing import Writer
from tests.support import records

_numbers = count()

ASKED = {field: INDEXES[field] for field in ("file_hash", "full_path", "search_text", "stack", "stack_cover")}
"""The indexes of what an upserter asks by: with all of them each collection takes four times as long."""


@dataclass
class Control:
    """The control topic and one reader of it, which sees what was written once it has refreshed."""

    written: list[control.Control] = field(default_factory=list)
    seen: int = 0

    async def refresh(self) -> None:
        self.seen = len(self.written)

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        for each in outgoing:
            assert each.topic is CONTROL
            self.written.append(control.decode(each.value or b""))

    def collection(self, name: str) -> CollectionState | None:
        return next(
            (row for row in self._newest() if isinstance(row, CollectionState) and row.name == name), None
        )

    def filled(self, name: str, generation: str | None = None) -> FilledBy | None:
        state = self.collection(name)
        held = state and (state.present if generation is None else state.holding(generation))
        rows = (row for row in self._newest() if isinstance(row, FilledBy) and held)
        return next(
            (row for row in rows if held and (row.name, row.generation) == (held.stored_in, held.generation)),
            None,
        )

    def _newest(self) -> Sequence[control.Control]:
        return self.written[: self.seen][::-1]


@dataclass
class Upserter:
    """A worker with a collection of four dimensions, generation g1, that exists in its store."""

    store: Store
    control: Control
    worker: UpserterWorker
    collection: str
    job: str = "job-1"

    def file(self, name: str = "a.jpg", job: str | None = None, generation: str = "g1") -> File:
        return records.file(name, job_id=job or self.job, collection=self.collection, generation=generation)

    async def run(self, *batch: PointRecord) -> "Reported":
        return Reported.of(await self.worker(batch))

    async def stored(self) -> dict[str, str]:
        page, _ = await self.store.scroll(self.collection, limit=1000, payload=("full_path",))
        return {record.id: record.payload["full_path"] for record in page}


@dataclass
class Reported:
    """What a batch gave: outcomes by (job, file id), and the errors of jobs."""

    outcomes: dict[tuple[str, str], events.Outcome]
    errors: list[events.JobError]

    @classmethod
    def of(cls, outgoing: Sequence[Outgoing]) -> "Reported":
        reported = cls({}, [])
        for each in outgoing:
            assert each.topic is JOB_STATUS
            body = events.decode_event(each.value or b"")
            if isinstance(body, events.JobError):
                reported.errors.append(body)
                continue
            assert isinstance(body, events.Outcomes)
            for item in body.items:
                assert (body.job_id, item.file_id) not in reported.outcomes, "a file was told twice"
                reported.outcomes[body.job_id, item.file_id] = item
        return reported

    def by_name(self) -> dict[str, events.Outcome]:
        return {outcome.file.rpartition("/")[2]: outcome for outcome in self.outcomes.values()}


def worker_over(store: Store, table: Control, size: int = 4, concurrency: int = 2) -> UpserterWorker:
    admission = Admission(store, table, table.publish)
    return UpserterWorker(
        admission, Writer(store, size, concurrency), Copies(store), StoreWatch(store), time.time
    )


@pytest.fixture(scope="session")
async def edge_store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EdgeStore]:
    store = EdgeStore(tmp_path_factory.mktemp("edge"), indexes=ASKED)
    yield store
    await store.close()


async def new_upserter(store: Store) -> Upserter:
    name = f"photos-{next(_numbers)}"
    await store.create(name, 4, "Cosine")
    table = Control([CollectionState(name=name, generation="g1")])
    return Upserter(store, table, worker_over(store, table), name)


@pytest.fixture
async def upserter(edge_store: EdgeStore) -> Upserter:
    return await new_upserter(edge_store)
