"""How a child process ended."""

import signal


class ChildEndedError(Exception):
    """The process ended before it answered. `status` is its exit status, negative for a signal."""

    def __init__(self, status: int | None) -> None:
        super().__init__(in_words(status))
        self.status = status


class OverTimeError(Exception):
    """The process did not answer within its time limit, and was ended."""


def in_words(status: int | None) -> str:
    """An exit status for people."""
    if status is None:
        return "not running"
    if status >= 0:
        return f"exit status {status}"
    if status == -signal.SIGKILL:
        return f"killed by signal {-status}: memory may be short"
    return f"{signal.strsignal(-status) or 'ended'}, signal {-status}"
