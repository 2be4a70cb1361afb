"""How long one kill stops work: `python -m tests.chaos.recovery`, two replicas of each stage, under load.

One thing at a time is killed (SIGKILL) and started again RECOVERY_BACK seconds later. Of each kill: the
longest time without any outcome, the longest of one running job, and how long partitions of its
group stood still. Before that the members are counted that the groups lost although nothing was killed,
with RECOVERY_BURN processes that only take processor time.
"""

import asyncio
import logging
import signal
import sys
import tempfile
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import chain, count, pairwise
from pathlib import Path
from random import Random
from typing import Annotated, Any

import psutil
from aiokafka.admin import AIOKafkaAdminClient
from pydantic import Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from libs.common import events, stages
from libs.common.events import Outcomes
from libs.common.kafka.connection import Connection
from libs.common.kafka.offsets import Offsets, committed
from libs.common.runtime.process import read_settings
from libs.common.settings import EnvSettings, StageSettings
from libs.common.stages import Stage
from libs.common.topics import JOB_STATUS, POINTS
from tests.chaos import jobs, library, world
from tests.chaos.faults import start_broker
from tests.chaos.library import Folder
from tests.chaos.world import STAGES, World
from tests.support.kafka import records_of

COLLECTIONS = ("one",)
AT_ONCE = 6
"""Jobs under way, so that each scanner has some."""
WARM_SECONDS, SETTLE_SECONDS, WATCH_SECONDS, LIMIT_SECONDS = 20.0, 8.0, 40.0, 90.0
IN_FLIGHT_SECONDS = 2.0
OUTSIDE = ("model", "store", "broker")


class RecoverySettings(EnvSettings):
    """What is killed, how often, with which session."""

    # An empty RECOVERY_KINDS asks for no kill, and not for the default.
    model_config = SettingsConfigDict(env_ignore_empty=False)

    recovery_kinds: Annotated[tuple[str, ...], NoDecode] = Field((*STAGES, *OUTSIDE), description="Kills")
    recovery_rounds: int = Field(2, ge=1, description="Kills of each kind")
    recovery_session: float = Field(10.0, ge=6, description="KAFKA_SESSION_SECONDS of every stage")
    recovery_back: float = Field(
        3.0,
        ge=0,
        description="Seconds until what was killed is started again; over 40: after the measurement",
    )
    recovery_quiet: float = Field(
        0.0, ge=0, description="Seconds under load without a kill, before the kills"
    )
    recovery_burn: int = Field(0, ge=0, description="Processes that only take processor time, meanwhile")
    recovery_files: int = Field(3000, ge=100, description="Files of all jobs")

    @field_validator("recovery_kinds", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(filter(None, value.split(","))) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Kill:
    """A kill; `at` in seconds since the epoch, `still_s` how long partitions of its group stood still."""

    kind: str
    at: float
    still_s: float | None


async def main(settings: RecoverySettings, home: Path) -> None:
    """One run; prints a line a kind."""
    folders = await asyncio.to_thread(
        library.make, home / "photos", COLLECTIONS, AT_ONCE, settings.recovery_files, Random(1)
    )
    async with world.running(home, 2, settings.recovery_session) as running:
        await jobs.make_collections(running.gateways[0], COLLECTIONS)
        connection = connection_to(running)
        async with connection.admin() as admin, _load(running, folders):
            await asyncio.sleep(WARM_SECONDS)
            if settings.recovery_quiet:
                with _burning(settings.recovery_burn):
                    gone = await _expelled(admin, connection, settings.recovery_quiet)
                print(f"{gone} members gone in {settings.recovery_quiet:.0f} s without a kill")
        kills = []
        for kind in settings.recovery_kinds * settings.recovery_rounds:
            async with _load(running, folders):
                await asyncio.sleep(SETTLE_SECONDS)
                kills.append(await _kill(running, connection, kind, settings.recovery_back))
        times = await _outcome_times(connection)
    for line in report(kills, times):
        print(line)


async def _outcome_times(connection: Connection) -> dict[str, list[float]]:
    """By job the times of its outcomes, in seconds since the epoch, ascending."""
    found: dict[str, list[float]] = defaultdict(list)
    for record in await records_of(connection, JOB_STATUS):
        event = events.decode_event(record.value)
        if isinstance(event, Outcomes):
            found[event.job_id].append(record.timestamp / 1000)
    return found


async def _kill(running: World, connection: Connection, kind: str, back_s: float) -> Kill:
    """Kill one, start it again, and watch until its time is over."""
    at = time.time()
    if kind in OUTSIDE:
        kill, start = _outside(running, kind)
        await kill()
        await asyncio.gather(_later(back_s, start), asyncio.sleep(WATCH_SECONDS))
        return Kill(kind, at, None)
    victim = next(replica for replica in running.replicas if replica.stage == kind)
    await victim.end(signal.SIGKILL)
    stage = next((each for each in stages.file_stages() if each.name == kind), None)
    still_s, *_ = await asyncio.gather(
        _still(connection, stage), _later(back_s, victim.start), asyncio.sleep(WATCH_SECONDS)
    )
    return Kill(kind, at, still_s)


def _outside(
    running: World, kind: str
) -> tuple[Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]:
    if kind == "model":
        return running.model.kill, running.model.start
    if kind == "store":
        return running.kill_store, running.start_store

    async def kill_broker() -> None:
        running.kill_broker()

    async def start() -> None:
        await running.broker.stop()
        await start_broker(running)

    return kill_broker, start


async def _later(seconds: float, start: Callable[[], Awaitable[None]]) -> None:
    await asyncio.sleep(seconds)
    await start()


async def _still(connection: Connection, stage: Stage[Any] | None) -> float | None:
    """Seconds until the group has committed more on each partition of the topics that all files pass."""
    if stage is None:
        return None
    began = time.monotonic()
    async with connection.admin() as admin:
        # What the killed one had sent before may still be taken.
        await asyncio.sleep(IN_FLIGHT_SECONDS)
        behind: Offsets = await committed(admin, connection, stage.name)
        behind = {tp: offset for tp, offset in behind.items() if tp.topic != POINTS.name}
        while behind and time.monotonic() - began < LIMIT_SECONDS:
            await asyncio.sleep(0.1)
            now = await committed(admin, connection, stage.name)
            behind = {tp: offset for tp, offset in behind.items() if now.get(tp, 0) <= offset}
    return time.monotonic() - began


async def _expelled(admin: AIOKafkaAdminClient, connection: Connection, seconds: float) -> int:
    """How many members the groups lost in that time."""
    gone, known, until = 0, await _members(admin, connection), time.monotonic() + seconds
    while time.monotonic() < until:
        await asyncio.sleep(0.5)
        now = await _members(admin, connection)
        gone, known = gone + len(known - now), now
    return gone


async def _members(admin: AIOKafkaAdminClient, connection: Connection) -> set[str]:
    found = set()
    for stage in STAGES:
        # One at a time: the client cannot read an answer about several.
        (answer,) = await admin.describe_consumer_groups([connection.names.group(stage)])
        found |= {member[0] for group in answer.groups for member in group[5]}
    return found


@contextmanager
def _burning(processes: int) -> Iterator[None]:
    burners = [psutil.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


@asynccontextmanager
async def _load(running: World, folders: list[Folder]) -> AsyncIterator[None]:
    """AT_ONCE jobs under way; the last ones have ended when it returns."""
    stop = asyncio.Event()

    async def one(number: int) -> None:
        for again in count():
            if stop.is_set():
                return
            key = f"{number} {again} {time.time()}"
            job = await jobs.submit(running.gateways, folders[number], key, force=True)
            await jobs.ended(running.gateways[:1], [job])

    working = [asyncio.create_task(one(number)) for number in range(AT_ONCE)]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*working)


def report(kills: list[Kill], times: dict[str, list[float]]) -> Iterator[str]:
    """A line a kind of kill; `times` are those of outcomes, by job."""
    all_times = sorted(chain.from_iterable(times.values()))
    found: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for kill in kills:
        end = kill.at + WATCH_SECONDS
        gap = _gap(all_times, kill.at, end)
        of_job = max(_gap(each, kill.at, end) for each in times.values())
        found[kill.kind].append((gap, of_job, kill.still_s or 0.0))
    yield "kind        no outcome of any job, of one job, partitions still (s, each kill)"
    for kind, values in found.items():
        columns = ["/".join(f"{value:.1f}" for value in column) for column in zip(*values, strict=True)]
        yield f"{kind:12}{'  '.join(f'{column:>18}' for column in columns)}"


def _gap(times: list[float], begin: float, end: float) -> float:
    """The longest time between two neighbours of which the later one lies in that time."""
    first = max(1, bisect_left(times, begin))
    around = times[first - 1 : bisect_left(times, end) + 1]
    return max((later - max(earlier, begin) for earlier, later in pairwise(around)), default=0.0)


def connection_to(running: World) -> Connection:
    """A client of its own to the world's broker."""
    settings = StageSettings(
        kafka_bootstrap_servers=running.bootstrap_servers, instance="recovery", data_dir=Path("unused")
    )
    return Connection.of(settings, "recovery")


def run() -> int:
    """Always 0: it measures, and judges nothing."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="recovery-") as home:
        asyncio.run(main(read_settings(RecoverySettings), Path(home)))
    return 0


if __name__ == "__main__":
    sys.exit(run())
