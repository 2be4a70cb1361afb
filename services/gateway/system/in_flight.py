"""Which files are worked on now, by the heartbeats of the instances that work on them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from libs.common.events import Heartbeat
from libs.common.runtime.heartbeat import STALE_SECONDS
from services.gateway.system.models import InFlightOut

SLOW = timedelta(seconds=20)
"""What is worked on for longer is worth a sentence in the job's status."""


def in_flight(heartbeats: Iterable[Heartbeat], job_id: str, now: datetime) -> list[InFlightOut]:
    """The job's files that instances report, the oldest first; instances that went silent report none."""
    found = [
        InFlightOut(
            file=file.file,
            file_id=file.file_id,
            stage=beat.stage,
            instance=beat.instance,
            since=file.since,
            tries=file.tries,
            reason=beat.reason,
        )
        for beat in heartbeats
        if (now - beat.at).total_seconds() < STALE_SECONDS
        for file in beat.in_flight
        if file.job_id == job_id
    ]
    return sorted(found, key=lambda file: (file.since, file.file))


def slow_reason(files: list[InFlightOut], now: datetime) -> str | None:
    """Where the oldest of these files is, if it is worked on for long."""
    if not files or now - files[0].since < SLOW:
        return None
    oldest = files[0]
    more = sum(file.instance == oldest.instance and file.since == oldest.since for file in files) - 1
    others = f" and {more} more" if more else ""
    seconds = (now - oldest.since).total_seconds()
    return f"{oldest.instance} has worked on {oldest.file}{others} for {seconds:.0f} s"
