"""Which file hangs, and where."""

from datetime import timedelta

from libs.common.events import Heartbeat, InFlight, now
from services.gateway.system.in_flight import SLOW, in_flight, slow_reason

NOW = now()


def file(name: str, age_s: float, job: str = "j") -> InFlight:
    return InFlight(job_id=job, file_id=name, file=name, since=NOW - timedelta(seconds=age_s), tries=1)


def beat(instance: str, *files: InFlight, silent_s: float = 0.0) -> Heartbeat:
    at = NOW - timedelta(seconds=silent_s)
    return Heartbeat(
        instance=instance, stage="processor", release="1", state="ready", at=at, in_flight=tuple(files)
    )


def test_the_oldest_files_of_the_job_come_first() -> None:
    beats = [beat("a", file("new", 3), file("other", 90, "k")), beat("b", file("old", 40))]
    found = in_flight(beats, "j", NOW)
    assert [(each.file, each.instance, each.tries) for each in found] == [("old", "b", 1), ("new", "a", 1)]


def test_what_a_silent_instance_reported_counts_no_more() -> None:
    assert in_flight([beat("a", file("x", 90), silent_s=60)], "j", NOW) == []


def test_what_takes_long_is_a_sentence() -> None:
    hung = [file("x.jpg", 34), file("y.jpg", 34), file("z.jpg", 5)]
    assert slow_reason(in_flight([beat("processor-a", *hung)], "j", NOW), NOW) == (
        "processor-a has worked on x.jpg and 1 more for 34 s"
    )
    quick = file("x.jpg", SLOW.total_seconds() - 1)
    assert slow_reason(in_flight([beat("processor-a", quick)], "j", NOW), NOW) is None
