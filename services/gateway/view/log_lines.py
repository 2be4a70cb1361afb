"""What a job's log says of an event, for people."""

from typing import NamedTuple

from libs.common.events import Accepted, Finished, JobError, JobEvent, Listed, Rejected, StateChanged


class LogLine(NamedTuple):
    """One line; `at` in seconds since the epoch, `level` INFO or ERROR."""

    at: float
    level: str
    message: str


def log_line(event: JobEvent, at: float) -> LogLine | None:
    """The event's line; None for what only moves counts."""
    match event:
        case Accepted():
            source = event.directory_path or f"the failed files of job {event.retry_of}"
            return LogLine(at, "INFO", f"Accepted: {source} into collection {event.collection}")
        case Listed(complete=True):
            return LogLine(at, "INFO", f"Listed {event.found} files; {event.ignored} ignored")
        case StateChanged():
            return LogLine(at, "INFO", f"Now {event.state}")
        case JobError() | Rejected():
            return LogLine(at, "ERROR", event.error)
        case Finished():
            level = "ERROR" if event.state == "failed" else "INFO"
            return LogLine(at, level, finished_sentence(event))
    return None


def finished_sentence(event: Finished) -> str:
    """How the job ended, in a sentence."""
    why = f" ({event.error})" if event.error else ""
    stored = f"{event.stored} stored, of which {event.from_cache} from the cache"
    return f"{event.state.capitalize()}{why}: {stored}; {event.failed} failed; {event.skipped} skipped"
