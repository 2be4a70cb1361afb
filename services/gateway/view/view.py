"""What this replica knows of all jobs, folded from the topics into SQLite.

One thread writes and one reads, so that a status read does not wait behind a batch being folded. A third
copies SQLite's log into the file, which waits for the disk: in the writer's thread all reads would wait too.
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from libs.common.events import JobSnapshot
from libs.common.runtime.disk import needing_room
from services.gateway.view import retention
from services.gateway.view import writer as writing
from services.gateway.view.schema import connect, copy_log, open_view, shrink
from services.gateway.view.writer import Change

log = logging.getLogger(__name__)

COPY_SECONDS = 0.5

P = ParamSpec("P")
T = TypeVar("T")


class SqliteThread:
    """A SQLite connection and the one thread that uses it."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._connection: sqlite3.Connection | None = None

    async def open(self, opened: Callable[[], sqlite3.Connection]) -> None:
        """Make the connection, in its thread."""
        self._connection = await asyncio.get_running_loop().run_in_executor(self._thread, opened)

    async def run(
        self, call: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`call(connection, ...)` in the thread."""
        if self._connection is None:
            raise RuntimeError("the view is not open")
        connection = self._connection
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: call(connection, *args, **kwargs))

    async def close(self) -> None:
        """Close the connection and end the thread, once what was asked before is done."""
        if self._connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown(wait=False)


class View:
    """The folded jobs; the questions it answers are the functions of `reading` and `outcomes`."""

    def __init__(self, path: Path, writer: SqliteThread, reader: SqliteThread) -> None:
        self._folder = path.parent
        self._writer = writer
        self._reader = reader

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, source: str) -> AsyncIterator["View"]:
        """The view kept in `path`; started again where that file is of no use (see `open_view`).

        UnavailableError disk_full where it cannot be opened for want of room.
        """
        writer, reader, copier = (
            SqliteThread("view-writer"),
            SqliteThread("view-reader"),
            SqliteThread("view-copier"),
        )
        try:
            with needing_room(path.parent):
                await writer.open(lambda: open_view(path, source))
                await reader.open(lambda: connect(path))
                await copier.open(lambda: connect(path))
            copying = asyncio.create_task(_keep_copying(copier), name="view's log")
            try:
                yield cls(path, writer, reader)
            finally:
                copying.cancel()
                await asyncio.gather(copying, return_exceptions=True)
        finally:
            await copier.close()
            await reader.close()
            await writer.close()

    async def ask(
        self, question: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The answer of a function of `reading` or `outcomes`, about everything written before this call."""
        return await self._reader.run(question, *args, **kwargs)

    async def write(self, changes: Iterable[Change], topic: str, offsets: Mapping[int, int]) -> None:
        """Fold changes and remember the offsets after them, all or nothing.

        UnavailableError disk_full; then the same may be written again.
        """
        with needing_room(self._folder):
            await self._writer.run(writing.write, changes, topic, offsets)

    async def forget(self, before: float) -> int:
        """Drop the jobs and tasks that ended `before` (seconds) and what they did; how many rows that were.

        The disk gets their room back. Piece by piece, so that what happens meanwhile is folded in between.
        UnavailableError disk_full.
        """
        forgotten = 0
        with needing_room(self._folder):
            while (rows := await self._writer.run(writing.forget, before)) is not None:
                forgotten += rows
            await self._writer.run(retention.forget_traces)
            while await self._writer.run(shrink):
                pass
        return forgotten

    async def restore(self, snapshots: Iterable[tuple[JobSnapshot, int]]) -> None:
        """Take in terminal snapshots of jobs whose events are gone; see `writing.restore`."""
        await self._writer.run(writing.restore, snapshots)


async def _keep_copying(copier: SqliteThread) -> None:
    """Keep the log short, until cancelled."""
    while True:
        await asyncio.sleep(COPY_SECONDS)
        try:
            await copier.run(copy_log)
        except sqlite3.OperationalError as error:
            # The writer meets the same disk, and waits for it; until then nothing is lost.
            log.warning("the view's log could not be copied into its file: %s", error)
