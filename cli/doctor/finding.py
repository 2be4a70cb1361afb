"""What a look at one thing found."""

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct


class Verdict(StrEnum):
    """How it is."""

    OK = "ok"
    NOTE = "note"
    """It works, and somebody should know."""
    WRONG = "wrong"
    """It will not work like this."""


class Finding(Struct, frozen=True):
    """What was looked at, how it is, in words, and what to do about it."""

    what: str
    verdict: Verdict
    detail: str
    advice: str = ""


Check = Callable[[], Finding]
"""Looks at one thing. Blocks for 15 seconds at most; never raises."""


def ok(what: str, detail: str) -> Finding:
    """It is as it should be."""
    return Finding(what, Verdict.OK, detail)


def note(what: str, detail: str, advice: str = "") -> Finding:
    """It works, and somebody should know."""
    return Finding(what, Verdict.NOTE, detail, advice)


def wrong(what: str, detail: str, advice: str) -> Finding:
    """It will not work like this."""
    return Finding(what, Verdict.WRONG, detail, advice)
