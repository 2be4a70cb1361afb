"""The audit log: who moved or removed what, and who was refused; a file a day, a JSON object a line."""

import asyncio
import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

log = logging.getLogger(__name__)

_PREFIX, _SUFFIX = "audit-", ".jsonl"


class Entry(Struct, frozen=True):
    """A call: `who` is the key's name, `status` the HTTP status of its answer."""

    at: datetime
    who: str
    client: str
    method: str
    path: str
    status: int
    request_id: str


class AuditLog:
    """Appends to the day's file in `folder`; files older than `days` are removed."""

    def __init__(self, folder: Path, days: float) -> None:
        self._folder = folder
        self._days = days
        self._today = ""
        self._writing = asyncio.Lock()

    async def write(self, entry: Entry) -> None:
        """Return once the entry is in the file. A disk that takes none is logged, and fails no call."""
        async with self._writing:
            try:
                await asyncio.to_thread(self._append, entry)
            except OSError as error:
                log.error("the audit log cannot be written (%s): %s", error, entry)  # noqa: TRY400 (for people)

    def _append(self, entry: Entry) -> None:
        day = f"{entry.at:%Y-%m-%d}"
        if day != self._today:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._forget(entry.at)
            self._today = day
        path = self._folder / f"{_PREFIX}{day}{_SUFFIX}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(msgspec.json.encode(entry) + b"\n")

    def _forget(self, now: datetime) -> None:
        oldest = f"{now - timedelta(days=self._days):%Y-%m-%d}"
        for path in self._folder.glob(f"{_PREFIX}*{_SUFFIX}"):
            if path.name.removeprefix(_PREFIX) < oldest:
                path.unlink(missing_ok=True)


def now() -> datetime:
    """The time in UTC, by this machine's clock."""
    return datetime.now(UTC)
