"""What a process tells the person at the terminal: one line on standard error, and an exit status."""

import sys

from sluice.printable import printable

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def say(sentence: str) -> None:
    """One line for the person at the terminal."""
    print(f"sluice: {printable(sentence)}", file=sys.stderr, flush=True)
