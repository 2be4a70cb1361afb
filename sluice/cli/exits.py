"""The exit statuses that scripts can rely on; docs/cli.md says the same in words."""

from enum import IntEnum

from sluice.errors import Code, SluiceError
from sluice.terminal import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE


class Exit(IntEnum):
    """How a command ended."""

    OK = 0
    FAILED = EXIT_FAILED
    USAGE = EXIT_USAGE
    FILES_FAILED = 3
    """The job ran to its end, and some of its files failed."""
    UNREACHABLE = 4
    """The gateway, or the Kafka that was asked, does not answer: the same command may succeed later."""
    INTERRUPTED = EXIT_INTERRUPTED


_AWAY = frozenset((Code.GATEWAY_UNAVAILABLE, Code.BROKER_UNAVAILABLE))


def exit_of(error: SluiceError) -> Exit:
    """The status that a command ends with on `error`."""
    return Exit.UNREACHABLE if error.code in _AWAY else Exit.FAILED
