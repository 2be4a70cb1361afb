"""What the topics and the store hold at the end, read without any of the services' own folding."""

from dataclasses import dataclass, field
from pathlib import Path

from libs.common import events
from libs.common.events import Accepted, DeadLetter, Finished, JobSnapshot, Outcome, Outcomes
from libs.common.kafka.connection import Connection
from libs.common.settings import StageSettings
from libs.common.store.protocol import Record
from libs.common.store.server.store import ServerStore
from libs.common.topics import DEAD_LETTERS, JOB_STATUS, JOBS
from tests.support.kafka import records_of

PAGE = 500


@dataclass(slots=True)
class JobTruth:
    """One job's events in their order. `first` has the outcome that counts, by file id."""

    accepted: int = 0
    first: dict[str, Outcome] = field(default_factory=dict)
    repeated: int = 0
    contradicted: int = 0
    """Repeated outcomes that say something else than the first."""
    late: int = 0
    """Files whose first outcome came after the terminal event."""
    began_at: float = 0.0
    ended_at: float = 0.0
    ends: list[Finished] = field(default_factory=list)

    def fold(self, event: events.JobEvent, at: float = 0.0) -> None:
        """Take in the next event, written at `at` (seconds since the epoch)."""
        self.began_at = self.began_at or at
        if isinstance(event, Accepted):
            self.accepted += 1
        elif isinstance(event, Finished):
            self.ends.append(event)
            self.ended_at = self.ended_at or at
        elif isinstance(event, Outcomes):
            for outcome in event.items:
                self._fold_outcome(outcome)

    def _fold_outcome(self, outcome: Outcome) -> None:
        known = self.first.get(outcome.file_id)
        if known is None:
            self.first[outcome.file_id] = outcome
            self.late += bool(self.ends)
        else:
            self.repeated += 1
            self.contradicted += known.outcome != outcome.outcome


@dataclass(slots=True)
class Truth:
    """All that is left behind. `outcome_times` are the brokers', in seconds since the epoch, ascending."""

    jobs: dict[str, JobTruth]
    outcome_times: list[float]
    snapshots: dict[str, JobSnapshot]
    dead_letters: list[DeadLetter]
    points: dict[str, dict[str, Record]]
    """Points by collection and id."""


async def read(bootstrap_servers: str, store_port: int, collections: tuple[str, ...]) -> Truth:
    """Read every topic that tells, from its start to its end, and every collection."""
    settings = StageSettings(
        kafka_bootstrap_servers=bootstrap_servers, instance="checker", data_dir=Path("unused")
    )
    connection = Connection.of(settings, "checker")
    jobs: dict[str, JobTruth] = {}
    times: list[float] = []
    for record in await records_of(connection, JOB_STATUS):
        event = events.decode_event(record.value)
        jobs.setdefault(event.job_id, JobTruth()).fold(event, record.timestamp / 1000)
        if isinstance(event, Outcomes):
            times.append(record.timestamp / 1000)
    snapshots = [events.decode(r.value, JobSnapshot) for r in await records_of(connection, JOBS) if r.value]
    dead_letters = [events.decode(r.value, DeadLetter) for r in await records_of(connection, DEAD_LETTERS)]
    return Truth(
        jobs=jobs,
        outcome_times=sorted(times),
        snapshots={snapshot.job_id: snapshot for snapshot in snapshots},
        dead_letters=dead_letters,
        points=await _points(store_port, collections),
    )


async def _points(port: int, collections: tuple[str, ...]) -> dict[str, dict[str, Record]]:
    store = ServerStore("127.0.0.1", port)
    try:
        return {name: await _all_points(store, name) for name in collections}
    finally:
        await store.close()


async def _all_points(store: ServerStore, collection: str) -> dict[str, Record]:
    found: dict[str, Record] = {}
    after: str | None = None
    while True:
        page, after = await store.scroll(collection, limit=PAGE, after=after, vectors=True)
        found |= {record.id: record for record in page}
        if after is None:
            return found
