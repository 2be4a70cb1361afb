"""Following one library: scans when they are due, and jobs for what changes in between."""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar
from uuid import uuid4

from msgspec import structs

from libs.common.control import LibraryState
from libs.common.errors import SluiceError
from libs.common.events import FinalState, Library, encode
from libs.common.kafka.outgoing import Outgoing, fact
from libs.common.libraries import folder_of, scan_request
from libs.common.sources.resolving import resolve_source
from libs.common.sources.uris import is_remote
from libs.common.topics import INGEST
from services.scanner.libraries.endings import Endings
from services.scanner.libraries.fitting import fitting
from services.scanner.libraries.gathering import Gathering
from services.scanner.libraries.relevant import Relevant
from services.scanner.libraries.retrying import Retrying
from services.scanner.libraries.watching import Watch, Way, way_of
from services.scanner.listing.inventory import passed_over
from services.scanner.sync.place import place_of
from services.scanner.wiring import Wiring
from sluice.files.formats import accepted_suffixes

log = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_SECONDS = 15.0
"""How long a library that cannot be followed is left alone."""
PLACE_SECONDS = 5.0
"""How often it is looked whether the root is still the folder that is watched."""
IDLE_SECONDS = 0.25
JOB_SECONDS = 24 * 3600.0
"""How long a job of the library holds its next one up at most."""


class Place(NamedTuple):
    """Which folder a root is: a share that comes and goes is another one."""

    system: str | None
    device: int
    inode: int


class Following:
    """Follows one library until cancelled. One of its jobs runs at a time; changes are gathered meanwhile."""

    def __init__(self, library: Library, wiring: Wiring, endings: Endings) -> None:
        self._library = library
        self._wiring = wiring
        self._endings = endings
        before = wiring.control.library(library.library_id)
        me = wiring.settings.instance
        self._state = before or LibraryState(library_id=library.library_id, followed_by=me)
        self._state = structs.replace(self._state, followed_by=me, watching="off", error=None)
        self._job: tuple[str, asyncio.Future[FinalState | None], float] | None = None
        self._retrying = Retrying()

    async def run(self) -> None:
        """Follow; where that cannot be done now, say why and try again."""
        try:
            while True:
                try:
                    await self._follow()
                except (OSError, SluiceError) as error:
                    detail = error.detail if isinstance(error, SluiceError) else str(error)
                    log.warning("library %s cannot be followed now: %s", self._library.name, detail)
                    await self._tell(watching="off", error=detail)
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            if self._job is not None:
                self._endings.forget(self._job[0])

    async def _follow(self) -> None:
        """Until the root is another folder than it was."""
        root = await self._in_lister(self._resolved)
        place = await self._in_lister(lambda: _place(root))
        watch = await self._watch(root) if self._library.watch and not is_remote(root) else None
        try:
            await self._tell(watching="off" if watch is None else watch.way, error=None)
            if watch is not None:
                # What changed while no one watched.
                await self._scan()
            await self._keep_on(root, place, watch)
        finally:
            if watch is not None:
                watch.close()

    async def _keep_on(self, root: bytes, place: Place, watch: Watch | None) -> None:
        settings = self._wiring.settings
        over = await asyncio.to_thread(passed_over, settings)
        suffixes = accepted_suffixes(gif=settings.accept_gif, video=settings.accept_video)
        relevant, changes = Relevant(root, over, suffixes), Gathering(settings.watch_quiet_seconds)
        looked = time.monotonic()
        while True:
            if watch is None:
                await asyncio.sleep(IDLE_SECONDS)
            elif found := await watch.next():
                await asyncio.to_thread(_add, changes, relevant, found)
            if self._is_idle():
                await self._act(root, changes)
            if time.monotonic() - looked > PLACE_SECONDS:
                looked = time.monotonic()
                if await self._in_lister(lambda: _place(root)) != place:
                    log.info("the root of library %s is another folder now", self._library.name)
                    return

    async def _act(self, root: bytes, changes: Gathering) -> None:
        if self._is_due():
            changes.clear()
            await self._scan()
        elif len(changes) and (paths := await asyncio.to_thread(changes.take, time.monotonic())):
            requested = fitting(root, paths)
            await (self._request(requested) if requested else self._scan())

    def _is_idle(self) -> bool:
        """Whether no job of the library runs, as far as is known."""
        if self._job is None:
            return True
        job_id, ended, since = self._job
        if not ended.done() and time.monotonic() - since < JOB_SECONDS:
            return False
        if ended.done():
            self._retrying.ended(ended.result(), time.monotonic())
        self._endings.forget(job_id)
        self._job = None
        return True

    def _is_due(self) -> bool:
        if self._retrying.is_due(self._generation(), time.monotonic()):
            return True
        rescan = self._library.rescan
        if rescan is None:
            return False
        return self._wiring.now() >= (self._state.scanned_at or 0.0) + rescan.total_seconds()

    def _generation(self) -> str | None:
        """That of the collection, another one for each time that it was made."""
        state = self._wiring.control.collection(self._library.collection)
        return None if state is None else state.generation

    async def _scan(self) -> None:
        await self._request(())
        await self._tell(scanned_at=self._wiring.now())

    async def _request(self, paths: tuple[str, ...]) -> None:
        """Ask for a job; it runs where its id belongs."""
        job_id = uuid4()
        self._retrying.begun(self._generation(), whole=not paths)
        ended = await self._endings.of(str(job_id))
        body = encode(scan_request(self._library, job_id, paths))
        await self._wiring.outbox.send([Outgoing(INGEST, str(job_id), body)])
        self._job = str(job_id), ended, time.monotonic()
        await self._tell(job_id=str(job_id))

    async def _watch(self, root: bytes) -> Watch:
        """A watch that has begun; by polling where the system watches no more folders."""
        way = await self._in_lister(lambda: way_of(root))
        try:
            return await self._begun(root, way)
        except OSError as error:
            if way == "polling" or not os.path.isdir(root):  # noqa: ASYNC240, PTH112 (the error said more)
                raise
            log.warning(
                "library %s is polled, as its folders cannot be watched: %s", self._library.name, error
            )
            return await self._begun(root, "polling")

    async def _begun(self, root: bytes, way: Way) -> Watch:
        watch = Watch(root, way, self._wiring.settings.watch_poll_seconds)
        try:
            await watch.next()
        except BaseException:
            watch.close()
            raise
        return watch

    async def _tell(self, **changed: object) -> None:
        """Let every service know how the library is followed."""
        state = structs.replace(self._state, **changed)
        if state != self._state or self._wiring.control.library(state.library_id) is None:
            self._state = state
            await self._wiring.outbox.send([fact(state)])

    def _resolved(self) -> bytes:
        return resolve_source(folder_of(self._library), self._wiring.settings)

    async def _in_lister(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._wiring.listers, call)


def _place(root: bytes) -> Place:
    """OSError where there is no such folder; a bucket is always the same."""
    if is_remote(root):
        return Place(place_of(root), 0, 0)
    found = Path(os.fsdecode(root)).stat()
    return Place(place_of(root), found.st_dev, found.st_ino)


def _add(changes: Gathering, relevant: Relevant, found: set[bytes]) -> None:
    changes.add(relevant.of(found), time.monotonic())
