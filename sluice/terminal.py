"""What a process tells the person at the terminal: one line on standard error, and an exit status."""

import shutil
import sys
import textwrap

from sluice.printable import printable

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def say(sentence: str) -> None:
    """One line for the person at the terminal, broken between words where it is too narrow for it."""
    text = f"sluice: {printable(sentence)}"
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns
        text = textwrap.fill(
            text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
    print(text, file=sys.stderr, flush=True)
