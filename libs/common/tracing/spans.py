"""Traces as the stages see them: spans that know their parent, or nothing where tracing is off.

A context is the value of the header `traceparent` (https://www.w3.org/TR/trace-context/).
"""

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Protocol

HEADER = "traceparent"
LONGEST = 128
"""Bytes of a header that is looked at: 55 of this version of the format."""

current: ContextVar[str] = ContextVar("current", default="")
"""The context of the request that is answered; empty where it is not traced."""


class Span(Protocol):
    """Something that was begun."""

    @property
    def context(self) -> str:
        """What its children have as their parent."""

    def end(self) -> None:
        """It has ended, and may be exported."""


class Tracing(Protocol):
    """Begins spans."""

    @property
    def on(self) -> bool:
        """Whether anything is traced."""

    def takes(self, file_id: str) -> bool:
        """Whether this file is among the share that is traced."""

    def begin(self, name: str, parent: str, attributes: Mapping[str, str]) -> Span | None:
        """A span; without a parent that can be read the first of its trace. None: it is not traced."""


class NoTracing:
    """Nothing is traced."""

    on = False

    def takes(self, file_id: str) -> bool:  # noqa: ARG002
        """No."""
        return False

    def begin(self, name: str, parent: str, attributes: Mapping[str, str]) -> Span | None:  # noqa: ARG002
        """None."""
        return None


OFF: Tracing = NoTracing()


def context_in(headers: Iterable[tuple[str, bytes | None]]) -> str:
    """The context in a record's headers; empty where there is none."""
    found = next((value for name, value in headers if name == HEADER and value), b"")
    return found.decode("ascii", errors="ignore") if len(found) <= LONGEST else ""
