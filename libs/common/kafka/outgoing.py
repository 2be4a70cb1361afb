"""What a stage wants published: decided by its worker, sent by the owner of the producer."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from libs.common import control, events, messages
from libs.common.topics import CONTROL, JOB_STATUS, MAX_MESSAGE_BYTES, Topic
from libs.common.tracing.spans import HEADER

FILE_ID_HEADER = "file_id"
JOB_ID_HEADER = "job_id"

Headers = tuple[tuple[str, bytes], ...]

Tally = Mapping[tuple[str, str], int]
"""Files by outcome and code, which is "" where there is none."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to publish. With a `file_id` it goes to that file's partition, else its key decides.

    `partition` overrides both. A `value` of None is a tombstone. `headers` are those of other systems, for
    their tracing. `tally` counts the outcomes that it reports.
    """

    topic: Topic
    key: str
    value: bytes | None
    file_id: str | None = None
    partition: int | None = None
    headers: Headers = ()
    tally: Tally | None = field(default=None, compare=False)


def work(topic: Topic, record: messages.FileRecord) -> Outgoing:
    """An internal record on a work topic: keyed by job, spread by file."""
    file = record.file
    headers: Headers = ((HEADER, file.trace.encode()),) if file.trace else ()
    return Outgoing(topic, file.job_id, messages.encode(record), file_id=file.file_id, headers=headers)


def event(body: events.JobEvent) -> Outgoing:
    """A job event on job-status, keyed by job so that its events stay in order."""
    return Outgoing(JOB_STATUS, body.job_id, events.encode(body))


def fact(body: control.Control) -> Outgoing:
    """A fact on `control`."""
    return Outgoing(CONTROL, control.key_of(body), events.encode(body))


def forgotten(body: control.Control) -> Outgoing:
    """What makes compaction drop the fact from `control`."""
    return Outgoing(CONTROL, control.key_of(body), None)


def outcomes(reported: Iterable[tuple[str, events.Outcome]]) -> list[Outgoing]:
    """Events for (job id, outcome) pairs: by job, at most MAX_ITEMS and MAX_MESSAGE_BYTES each."""
    by_job: dict[str, list[events.Outcome]] = defaultdict(list)
    for job_id, outcome in reported:
        by_job[job_id].append(outcome)
    return [
        replace(event(events.Outcomes(job_id=job_id, items=tuple(chunk))), tally=_tally(chunk))
        for job_id, items in by_job.items()
        for chunk in _chunks(items)
    ]


def _tally(items: Iterable[events.Outcome]) -> Tally:
    return Counter((item.outcome, str(item.code or "")) for item in items)


def _chunks(items: Sequence[events.Outcome]) -> Iterable[list[events.Outcome]]:
    """Runs of items that fit one event; the room for the event's own fields is left free."""
    chunk: list[events.Outcome] = []
    size = 0
    for item in items:
        length = len(msgspec.json.encode(item)) + 1
        if chunk and (len(chunk) == events.MAX_ITEMS or size + length > MAX_MESSAGE_BYTES - 1024):
            yield chunk
            chunk, size = [], 0
        chunk.append(item)
        size += length
    if chunk:
        yield chunk
