"""`sluice demo`: the whole system over a folder of photos, from nothing to a search, in numbered steps."""

import asyncio
import shutil
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console

from cli import samples
from cli.expected import Expected, differences
from libs.common.errors import Code, SluiceError
from libs.common.runtime.lock import DirLock
from libs.common.runtime.service import run_with_stop
from sluice.aio.client import AsyncClient
from sluice.cli.fitting import folded
from sluice.cli.jobs import report
from sluice.cli.jobs.following import not_a_file
from sluice.cli.jobs.progress import ProgressView
from sluice.models.jobs import JobStatus
from sluice.printable import printable

_COLLECTION = "demo"
_LOOK_SECONDS = 0.15
_FOUND = 3


class System(Protocol):
    """Everything, running."""

    @property
    def base_url(self) -> str:
        """Where the gateway answers."""

    async def until(self, stop: asyncio.Event) -> None:
        """Return when `stop` is set; raises what ended a part of the system before that."""


Start = Callable[[Path], AbstractAsyncContextManager[System]]
"""Runs the whole system with its data in that directory, and drains it at the end."""


@dataclass(frozen=True, slots=True)
class Photos:
    """What the demo ingests: a folder, or one file. `expected` is None where nothing is known of it."""

    source: Path
    expected: Expected | None
    look_for: Path | None

    @property
    def folder(self) -> Path:
        """Where the photos lie."""
        return self.source if self.source.is_dir() else self.source.parent


class Demo:
    """One demo, with all it leaves behind in `home`: emptied at the start, kept at the end."""

    def __init__(self, home: Path, start: Start, console: Console) -> None:
        self._home = home
        self._start = start
        self._console = console
        self._step = 0
        self._status: JobStatus | None = None

    async def run(self, source: Path | None, stop: asyncio.Event) -> bool:
        """Ingest `source`, or the samples, show what came of it, and stop; False if `stop` came before.

        Raises SluiceError for whatever went wrong, a count that is not what the samples give included.
        """
        # A mistyped name must not cost the last demo's result.
        own = None if source is None else _existing(source)
        with _emptied(self._home) as home:
            photos = await asyncio.to_thread(self._photos, own, home / "photos")
            self._say("Starting Kafka, the vector store, the ML service and the five services")
            await run_with_stop(stop, partial(self._run, home / "data", photos, stop))
        if self._status is None:
            return False
        _check(self._status, photos.expected)
        self._how_to_go_on()
        return True

    async def _run(
        self, data: Path, photos: Photos, stop: asyncio.Event, handles_stop: asyncio.Event
    ) -> None:
        began = time.monotonic()
        async with self._start(data) as system:
            handles_stop.set()
            self._detail(f"ready after {time.monotonic() - began:.1f} s at {system.base_url}")
            self._status = await _unless_stopped(self._show(system.base_url, photos), system, stop)
            self._say("Stopping: files in flight are finished first")

    async def _show(self, base_url: str, photos: Photos) -> JobStatus:
        async with AsyncClient(base_url) as client:
            status = await self._ingest(client, photos.source)
            self._report(status, photos.folder)
            if photos.look_for is not None:
                await self._search_by_words(client, samples.WORDS)
                await self._search(client, photos.look_for)
            return status

    def _photos(self, source: Path | None, for_samples: Path) -> Photos:
        if source is not None:
            self._say(f"Your photos in {source}")
            return Photos(source, None, None)
        expected = samples.make(for_samples)
        self._say(f"Sample photos in {for_samples}")
        return Photos(for_samples, expected, for_samples / "photos" / samples.LOOK_FOR)

    async def _ingest(self, client: AsyncClient, source: Path) -> JobStatus:
        self._say(f"Creating the collection {_COLLECTION!r} and ingesting the photos")
        await client.collections.create(_COLLECTION)
        await client.collections.select(_COLLECTION)
        job = await client.ingest(str(source))
        with ProgressView(self._console) as view:
            return await job.wait(progress=view.show, every_s=_LOOK_SECONDS)

    def _report(self, status: JobStatus, folder: Path) -> None:
        if status.state != "completed":
            raise SluiceError(Code.INTERNAL, f"the job {status.state}: {status.message or 'no reason given'}")
        self._say("The result")
        for line in report.lines(status, folder):
            self._detail(line)

    async def _search_by_words(self, client: AsyncClient, words: str) -> None:
        found = await client.search(words, limit=_FOUND)
        self._say(f"Searching for the words {words!r}")
        for line in report.found_lines(found):
            self._detail(line)

    async def _search(self, client: AsyncClient, photo: Path) -> None:
        content = await asyncio.to_thread(photo.read_bytes)
        found = await client.photos.search_image(photo.name, content, limit=_FOUND)
        self._say(f"Searching for pictures similar to {photo.name}")
        for line in report.found_lines(found):
            self._detail(line)

    def _how_to_go_on(self) -> None:
        self._print("")
        self._print("Next, the same with your own photos, in two terminals:")
        self._print("  make run")
        self._print("  .venv/bin/sluice ingest /path/to/photos --wait")
        self._print(f"  .venv/bin/sluice search {samples.WORDS!r}")
        self._print("To explore this result in a browser:")
        self._print(f"  make run DATA_DIR={self._home / 'data'}")

    def _say(self, sentence: str) -> None:
        self._step += 1
        self._print(f"[{self._step}] {sentence}")

    def _detail(self, sentence: str) -> None:
        self._print(f"      {sentence}")

    def _print(self, line: str) -> None:
        for row in folded(printable(line)):
            self._console.print(row, markup=False, highlight=False, soft_wrap=True)


async def _unless_stopped(
    show: Coroutine[Any, Any, JobStatus], system: System, stop: asyncio.Event
) -> JobStatus | None:
    """What `show` gives, or None if `stop` is set before; raises what ended either."""
    showing, ending = asyncio.create_task(show), asyncio.create_task(system.until(stop))
    try:
        await asyncio.wait((showing, ending), return_when=asyncio.FIRST_COMPLETED)
        if ending.done():
            ending.result()
            return None
        return showing.result()
    finally:
        showing.cancel()
        ending.cancel()
        await asyncio.gather(showing, ending, return_exceptions=True)


def _existing(source: Path) -> Path:
    if not source.exists():
        raise not_a_file(str(source))
    return source.absolute()


def _check(status: JobStatus, expected: Expected | None) -> None:
    if expected is not None and (found := differences(status, expected)):
        raise SluiceError(Code.INTERNAL, f"the samples must give other counts than these; {'; '.join(found)}")


@contextmanager
def _emptied(home: Path) -> Iterator[Path]:
    """The demo's own directory, for this process alone, without what the last demo left."""
    with DirLock(home):
        for name in ("photos", "data"):
            shutil.rmtree(home / name, ignore_errors=True)
        yield home.absolute()
