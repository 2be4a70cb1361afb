"""Telling everybody, on the `services` topic, that an instance is there and how it is."""

import asyncio
import logging
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from libs.common import events
from libs.common.errors import UnavailableError
from libs.common.kafka.outgoing import Outgoing
from libs.common.kafka.publisher import Publisher
from libs.common.runtime.service import Health, WorkingOn
from libs.common.topics import SERVICES

log = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
STALE_SECONDS = 3 * BEAT_SECONDS
"""An instance that has not been heard of for this long is taken for gone."""
FAREWELL_SECONDS = 2.0
"""How long the last one may take: with the broker gone a stop must not wait for it, and no reader gets it."""
_LOOK_SECONDS = 0.5


@cache
def release() -> str:
    """The installed release of Sluice."""
    try:
        return version("sluice")
    except PackageNotFoundError:
        return "source"


async def beat(publisher: Publisher, stage: str, instance: str, health: Health) -> None:
    """Report the health every BEAT_SECONDS, and at once when it changes, until cancelled; then `stopped`."""
    told, next_at, clock = None, 0.0, asyncio.get_running_loop().time
    try:
        while True:
            now = (health.state, health.reason)
            if now != told or clock() >= next_at:
                await _tell(publisher, stage, instance, health)
                # The first one's acknowledgement tells the time; so the second one follows at once.
                told, next_at = now, clock() + (BEAT_SECONDS if told else 0.0)
            await asyncio.sleep(_LOOK_SECONDS)
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await _tell(publisher, stage, instance, Health("stopped"))


async def _tell(publisher: Publisher, stage: str, instance: str, health: Health) -> None:
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
        log.info("%s: no reader learns that it is %s: %s", stage, health.state, error.detail)
    else:
        health.heard()


def _in_flight(file: WorkingOn, now: float) -> events.InFlight:
    since = datetime.fromtimestamp(now - (time.monotonic() - file.since), UTC)
    return events.InFlight(
        job_id=file.job_id, file_id=file.file_id, file=file.file, since=since, tries=file.tries
    )
