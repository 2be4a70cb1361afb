"""Text of others, made safe for a terminal and a log: file names may hold anything but NUL and a slash."""

import re

# Control characters, line ends, halves of characters, and what turns the direction of writing.
_COMMANDS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    r"""The text with every character that a terminal would obey shown as Python writes it: \x1b, \n."""
    return _COMMANDS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
