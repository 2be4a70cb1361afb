"""What a run is summed up in."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.chaos.faults import Happened
from tests.chaos.truth import Truth

STALL_SECONDS = 20.0
BEFORE_SECONDS = 5.0


def lines(happened: Sequence[Happened], truth: Truth, lost: int, crashes: Counter[str]) -> Iterator[str]:
    """The report, line by line."""
    outcomes = sum(len(job.first) for job in truth.jobs.values())
    repeated = sum(job.repeated for job in truth.jobs.values())
    by_kind = Counter(fault.kind for fault in happened)
    kills = by_kind["kill"] + sum(fault.what == "killed" for fault in happened)
    yield f"{len(happened)} faults, {kills} of them kills"
    slowest = _slowest_recovery(happened, truth)
    for (kind, what), count in sorted(Counter(map(_group, happened)).items()):
        after = slowest[kind, what]
        yield f"  {kind:7} {what:24} {count:4}   next outcome after at most {after:5.1f} s"
    yield f"{outcomes} files with an outcome, {lost} lost, {repeated} told again (duplicates of work)"
    yield f"{by_kind['poison']} unreadable records, {len(truth.dead_letters)} dead letters"
    yield f"longest time without any outcome while there was a job: {_longest_wait(truth):.1f} s"
    yield from _stalls(happened, truth)
    for words, count in crashes.most_common():
        yield f"  {count} x {words}"


def _group(fault: Happened) -> tuple[str, str]:
    """Replicas are told apart by stage only."""
    return fault.kind, fault.what.split(" r", 1)[0] if fault.kind in (
        "kill",
        "term",
        "freeze",
    ) else fault.what


def _slowest_recovery(happened: Sequence[Happened], truth: Truth) -> dict[tuple[str, str], float]:
    """By fault, the longest until any file had its outcome; what came after the last one does not count."""
    slowest: dict[tuple[str, str], float] = defaultdict(float)
    for fault in happened:
        following = bisect_right(truth.outcome_times, fault.at)
        if following < len(truth.outcome_times):
            group = _group(fault)
            waited = _waited(fault.at, truth.outcome_times[following], truth)
            slowest[group] = max(slowest[group], waited)
    return slowest


def _longest_wait(truth: Truth) -> float:
    return max(
        (_waited(earlier, later, truth) for earlier, later in pairwise(truth.outcome_times)), default=0.0
    )


def _stalls(happened: Sequence[Happened], truth: Truth) -> Iterator[str]:
    """Each long time without any outcome, and what went wrong from a little before it on."""
    for earlier, later in pairwise(truth.outcome_times):
        waited = _waited(earlier, later, truth)
        if waited > STALL_SECONDS:
            faults = [f for f in happened if earlier - BEFORE_SECONDS <= f.at <= later]
            reported = ", ".join(f"{f.at - later + waited:+.0f} {f.kind} {f.what}" for f in faults)
            yield f"  {waited:.1f} s without an outcome; faults, by the second of it: {reported or 'none'}"


def _waited(earlier: float, later: float, truth: Truth) -> float:
    """How much of the time between two outcomes there was a job to work on."""
    begun = [job.began_at for job in truth.jobs.values() if job.began_at < later and job.ended_at > earlier]
    return later - max(earlier, min(begun)) if begun else 0.0
