"""Which instances are there, and whether they work, by their heartbeats."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from libs.common import stages
from libs.common.events import Heartbeat
from libs.common.kafka.tables.table import Table
from libs.common.runtime.heartbeat import STALE_SECONDS
from libs.common.stages import Stage
from services.gateway.api.clock import utc
from services.gateway.api.deadlines import refreshed
from services.gateway.system.in_flight import in_flight, slow_reason
from services.gateway.system.models import InFlightOut, ServiceOut, State

FORGOTTEN = timedelta(hours=1)
"""An instance that stopped, or was last heard of, this long ago is not listed."""


@dataclass(frozen=True, slots=True)
class Presence:
    """The instances by their heartbeats; `now` gives the seconds since the epoch by the brokers' clock."""

    heartbeats: Table[Heartbeat]
    now: Callable[[], float]

    def known(self) -> list[ServiceOut]:
        """All instances, as this replica last heard of them."""
        return instances(self.heartbeats.rows.values(), utc(self.now()))

    async def current(self) -> list[ServiceOut]:
        """All instances as of now; may raise broker_unavailable."""
        await refreshed(self.heartbeats)
        return self.known()

    def waiting_reason(self, job_id: str) -> str | None:
        """Why the job does not move on, or None."""
        slow = slow_reason(self.known_in_flight(job_id), utc(self.now()))
        return waiting_reason(self.known()) or slow

    def known_in_flight(self, job_id: str) -> list[InFlightOut]:
        """The job's files that are worked on for longest, as this replica last heard of them."""
        return in_flight(self.heartbeats.rows.values(), job_id, utc(self.now()))

    async def in_flight(self, job_id: str) -> list[InFlightOut]:
        """The job's files that are worked on for longest; may raise broker_unavailable."""
        await refreshed(self.heartbeats)
        return self.known_in_flight(job_id)


def instances(heartbeats: Iterable[Heartbeat], now: datetime) -> list[ServiceOut]:
    """All instances of known stages, by stage and name: a writer of the topic could invent others."""
    known = {stage.name for stage in stages.ALL}
    fresh = (beat for beat in heartbeats if beat.stage in known and now - beat.at < FORGOTTEN)
    listed = [_instance(beat, now) for beat in fresh]
    return sorted(listed, key=lambda instance: (instance.stage, instance.instance))


def by_stage(found: Iterable[ServiceOut]) -> dict[str, State]:
    """Each stage's best instance: a stage works while one of its instances does."""
    order: list[State] = ["gone", "stopped", "starting", "waiting", "ready"]
    states: dict[str, State] = {}
    for instance in found:
        known = states.get(instance.stage, "gone")
        states[instance.stage] = max(known, instance.state, key=order.index)
    return states


def waiting_reason(found: Iterable[ServiceOut]) -> str | None:
    """Why jobs do not move on, or None: a stage waits or is not running, or an instance holds files."""
    found = list(found)
    states = by_stage(found)
    needed = stages.needed()
    waiting = [i for i in found if i.state == "waiting" and i.stage in needed]
    reasons = [f"{i.stage}: {i.reason}" for i in waiting if states[i.stage] == "waiting"]
    reasons += [_holding(i) for i in waiting if states[i.stage] != "waiting" and i.held]
    reasons += [
        f"waiting for a {stage}" for stage in needed if states.get(stage, "gone") in ("gone", "stopped")
    ]
    return "; ".join(dict.fromkeys(reasons)) or None


def _holding(instance: ServiceOut) -> str:
    """Its stage works, but not the files that it has taken."""
    return f"{instance.instance} holds {instance.held} records and waits: {instance.reason}"


def not_ready(found: Sequence[ServiceOut]) -> str | None:
    """Which of the stages that a job needs does not work now, and why as far as it says; None: all work."""
    states = by_stage(found)
    for stage in stages.needed():
        if (state := states.get(stage)) != "ready":
            reasons = (each.reason for each in found if each.stage == stage and each.state == state)
            why = next((reason for reason in reasons if reason), None)
            return f"{stage} is {state or 'not running'}" + (f": {why}" if why else "")
    return None


def batch_of(stage: Stage[Any], found: Iterable[ServiceOut]) -> int | None:
    """The batch that every instance of the stage allows: the smallest reported; None where none reports."""
    reported = [i.batch for i in found if i.stage == stage.name and i.state not in ("gone", "stopped")]
    return min((batch for batch in reported if batch is not None), default=None)


def _instance(beat: Heartbeat, now: datetime) -> ServiceOut:
    silent = (now - beat.at).total_seconds() > STALE_SECONDS and beat.state != "stopped"
    return ServiceOut(
        stage=beat.stage,
        instance=beat.instance,
        version=beat.release,
        state="gone" if silent else beat.state,
        reason=beat.reason,
        batch=beat.batch,
        held=beat.held,
        seen_at=beat.at,
    )
