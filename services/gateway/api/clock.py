"""Seconds since the epoch as times for people."""

from datetime import UTC, datetime


def utc(seconds: float) -> datetime:
    """The time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
