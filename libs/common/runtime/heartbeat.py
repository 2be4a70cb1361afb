"""Telling everybody, on the `services` topic, that an instance is there and how it is."""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime

from libs.common import events
from libs.common.errors import UnavailableError
from libs.common.kafka.outgoing import Outgoing
from libs.common.kafka.publisher import Publisher
from libs.common.runtime.outage import Outage
from libs.common.runtime.release import release
from libs.common.runtime.service import Health, WorkingOn
from libs.common.topics import SERVICES

BEAT_SECONDS = 5.0
STALE_SECONDS = 3 * BEAT_SECONDS
"""An instance that has not been heard of for this long is taken for gone."""
FAREWELL_SECONDS = 2.0
"""How long the last one may take: with the broker gone a stop must not wait for it, and no reader gets it."""
_LOOK_SECONDS = 0.5
SLOW_SECONDS = 20.0
"""A file that is worked on for longer is logged."""


async def beat(publisher: Publisher, stage: str, instance: str, health: Health) -> None:
    """Report the health every BEAT_SECONDS, and at once when it changes, until cancelled; then `stopped`."""
    reported, next_at, clock = None, 0.0, asyncio.get_running_loop().time
    brokers, slowness = Outage(), Outage()
    try:
        while True:
            now = (health.state, health.reason)
            if now != reported or clock() >= next_at:
                await _tell(publisher, stage, instance, health, brokers)
                # The first one's acknowledgement tells the time; so the second one follows at once.
                reported, next_at = now, clock() + (BEAT_SECONDS if reported else 0.0)
            _look_for_slow(stage, health, slowness)
            await asyncio.sleep(_LOOK_SECONDS)
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await _tell(publisher, stage, instance, Health("stopped"), brokers)


async def _tell(publisher: Publisher, stage: str, instance: str, health: Health, brokers: Outage) -> None:
    name, work, now = f"{stage}-{instance}", health.work(), publisher.clock.now()
    body = events.Heartbeat(
        instance=name,
        stage=stage,
        release=release(),
        state=health.state,
        reason=health.reason,
        batch=health.batch,
        held=work.held,
        in_flight=tuple(_in_flight(each, now) for each in work.oldest),
        at=datetime.fromtimestamp(now, UTC),
    )
    try:
        await publisher.publish([Outgoing(SERVICES, name, events.encode(body))])
    except UnavailableError as error:
        brokers.gone(f"{stage}: the brokers do not take its heartbeat: {error.detail}")
    else:
        brokers.back(f"{stage}: the brokers take its heartbeat again")
        health.received()


def _in_flight(file: WorkingOn, now: float) -> events.InFlight:
    since = datetime.fromtimestamp(now - (time.monotonic() - file.since), UTC)
    return events.InFlight(
        job_id=file.job_id, file_id=file.file_id, file=file.file, since=since, tries=file.tries
    )


def _look_for_slow(stage: str, health: Health, slowness: Outage) -> None:
    """Log, once, which file is worked on for long, and that none is any more."""
    work = health.work()
    oldest = next(iter(work.oldest), None)
    if oldest is None or time.monotonic() - oldest.since < SLOW_SECONDS:
        slowness.back(f"{stage}: no file is worked on for long any more")
    else:
        slowness.gone(
            f"{stage} has worked on {oldest.file} for {SLOW_SECONDS:.0f} s, of {work.held} records that it "
            f"holds; job {oldest.job_id}"
        )
