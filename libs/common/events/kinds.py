"""What the bodies share: versions, bounds, and the states and kinds that they name."""

from datetime import UTC, datetime
from typing import Literal, get_args

VERSION = 1
MAX_ITEMS = 500
"""Outcomes in one event, at most."""
MAX_MEMBERS = 200
"""Points of a group in one part, at most."""

FileOutcome = Literal["stored", "failed", "skipped"]
Source = Literal["batch_ml", "cache"]
LiveState = Literal["running", "paused", "cancelling"]
FinalState = Literal["completed", "failed", "cancelled"]
JobState = Literal[LiveState, FinalState]
Prune = Literal["off", "ask", "auto", "now"]
Want = Literal["embedding", "caption", "text"]
TaskKind = Literal["find_similar", "merge", "map"]
CallbackState = Literal["pending", "delivered", "failed"]
CallbackOf = Literal["finished", "rejected"]
TaskState = Literal["pending", "running", "completed", "failed", "cancelled"]
TERMINAL: frozenset[str] = frozenset(get_args(FinalState))


def now() -> datetime:
    """The time that events carry: UTC."""
    return datetime.now(UTC)
