"""What a job's log says of an event, for people."""

from typing import NamedTuple

from libs.common.events import (
    Accepted,
    Callback,
    CallbackReported,
    Compared,
    Finished,
    JobError,
    JobEvent,
    Listed,
    Rejected,
    StateChanged,
    SyncCounts,
)


class LogLine(NamedTuple):
    """One line; `at` in seconds since the epoch, `level` INFO or ERROR."""

    at: float
    level: str
    message: str


def log_line(event: JobEvent, at: float) -> LogLine | None:
    """The event's line; None for what only moves counts."""
    message = _message(event)
    if message is None:
        return None
    failed = isinstance(event, JobError | Rejected)
    failed = failed or (isinstance(event, Finished) and event.state == "failed")
    return LogLine(at, "ERROR" if failed else "INFO", message)


def _source(event: Accepted) -> str:
    if event.source is not None:
        return f"{' and '.join(event.want)} of the points of collection {event.source.collection}"
    return event.directory_path or f"the failed files of job {event.retry_of}"


def _message(event: JobEvent) -> str | None:
    wording: str | None = None
    match event:
        case Accepted():
            wording = f"Accepted: {_source(event)} into collection {event.collection}"
        case Listed(complete=True):
            wording = f"Listed {event.found} files; {event.ignored} ignored"
        case Compared(counts=found):
            wording = compared_sentence(found)
        case StateChanged():
            wording = f"Now {event.state}"
        case JobError() | Rejected():
            wording = event.error
        case Finished():
            wording = finished_sentence(event)
        case CallbackReported(callback=callback):
            wording = _callback_sentence(callback)
    return wording


def _callback_sentence(callback: Callback) -> str | None:
    if callback.state == "pending":
        return None
    why = f": {callback.error}" if callback.error else ""
    return f"Callback {callback.state} after {callback.tries} tries{why}"


def compared_sentence(found: SyncCounts) -> str:
    """What a sync found, in a sentence."""
    waits = f"; {found.pending} gone files keep their points, as {found.reason}" if found.pending else ""
    counts = f"{found.added} added, {found.changed} changed, {found.moved} moved, {found.removed} removed"
    return f"Compared: {counts}, {found.unchanged} unchanged{waits}"


def finished_sentence(event: Finished) -> str:
    """How the job ended, in a sentence."""
    why = f" ({event.error})" if event.error else ""
    stored = f"{event.stored} stored, of which {event.from_cache} from the cache"
    return f"{event.state.capitalize()}{why}: {stored}; {event.failed} failed; {event.skipped} skipped"
