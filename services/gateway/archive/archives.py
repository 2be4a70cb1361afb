"""Archives: photos moved out of the way, their points taken out of the index, and all of it put back."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

from libs.common.duplicates.policy import Policy
from libs.common.errors import Code, SluiceError
from libs.common.runtime.detached import DetachedCalls
from libs.common.sources.roots import Readable
from services.gateway.api.caller import check_collection, sees
from services.gateway.archive import points
from services.gateway.archive.checks import as_file_error
from services.gateway.archive.history import ArchiveHistory
from services.gateway.archive.index import Index
from services.gateway.archive.journal import Kind, Opened
from services.gateway.archive.moves.disk import RealDisk
from services.gateway.archive.moves.executor import MoveExecutor, Result, Return
from services.gateway.archive.moves.naming import DUPLICATES, SELECTION
from services.gateway.archive.moves.rules import Rules
from services.gateway.archive.plans import Plan, Plans
from services.gateway.collections.collections import Collections
from services.gateway.settings import GatewaySettings

log = logging.getLogger(__name__)

STOP_SECONDS = 5.0
RUNS = 16
"""Runs of moves at once, most of which wait for their turn."""
PHOTOS = "the folder of a photo"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done:
    """An archive as it was made; a dry run has no id."""

    archive_id: str | None
    result: Result


@dataclass(slots=True)
class Archives:
    """Each call goes on to its end even if its client leaves. `open` recovers what a crash cut short."""

    plans: Plans
    collections: Collections
    executor: MoveExecutor
    index: Index
    duplicates_folder: str = DUPLICATES
    detached: DetachedCalls = field(default_factory=lambda: DetachedCalls(seconds=None, most=RUNS))
    """For runs that take as long as they take, on shares that may be gone."""
    _running: set[asyncio.Task[Any]] = field(default_factory=set)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: GatewaySettings, collections: Collections, roots: Readable, policy: Policy
    ) -> AsyncIterator["Archives"]:
        """Files are where they should be when this gives; the index follows as soon as it can."""
        rules = Rules.below(roots, RealDisk())
        executor = MoveExecutor(settings.archives.absolute(), rules)
        index = Index(collections.store, collections.control, executor)
        archives = cls(
            Plans(settings, collections, policy), collections, executor, index, settings.duplicates_folder
        )
        await index.recover()
        following = asyncio.create_task(index.follow(), name="archives")
        try:
            yield archives
        finally:
            executor.stopping.set()
            following.cancel()
            await archives._stopped(following)

    def _folder(self, kind: Kind) -> str:
        """The name of the folder, next to a photo, that it is moved to."""
        return SELECTION if kind == "selection" else self.duplicates_folder

    async def rehearse(self, plan: Plan) -> Result:
        """What `carry_out` would do now."""
        rehearse = partial(self.executor.rehearse, plan.targets, self._folder(plan.kind))
        result = await self.detached.run(rehearse, PHOTOS)
        return Result(result.archived, [*plan.refused, *result.skipped])

    async def carry_out(self, plan: Plan) -> Done:
        """Save the points, move the files, take the points of what moved out of the index.

        Raises SluiceError disk_full or store_unavailable before anything moves.
        """
        return await asyncio.shield(self._task(self._carry_out(plan, new_id())))

    async def start(self, plan: Plan) -> str:
        """As `carry_out`, but return the archive's id as soon as `page` has it; the files move after that."""
        archive_id, opened = new_id(), asyncio.Event()
        work = self._task(self._carry_out(plan, archive_id, opened))
        waiting = asyncio.create_task(opened.wait())
        await asyncio.wait((work, waiting), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not opened.is_set():
            await work
        work.add_done_callback(_logged)
        return archive_id

    async def page(self, before: str | None, limit: int) -> tuple[list[ArchiveHistory], str | None]:
        """Archives, the newest first, and the id to continue before."""
        return await asyncio.to_thread(self._page, before, limit)

    async def restore(self, archive_id: str, *, dry_run: bool) -> list[Return]:
        """Move everything back that can be, and put its points back.

        Raises SluiceError archive_not_found, archive_busy, or restore_blocked where nothing could be.
        """
        self.plans.check_enabled()
        if archive_id not in await asyncio.to_thread(self.executor.archive_ids):
            raise SluiceError(
                Code.ARCHIVE_NOT_FOUND, f"there is no archive {archive_id}: GET /api/v1/archives has all"
            )
        history = await asyncio.to_thread(self.executor.history, archive_id)
        if history is not None:
            check_collection(history.collection)
        returns = await asyncio.shield(self._task(self._restore(archive_id, dry_run=dry_run)))
        errors = [found.error for found in returns if found.error]
        if returns and len(errors) == len(returns):
            raise SluiceError(
                Code.RESTORE_BLOCKED,
                f"none of {len(errors)} files could be put back, the first because {errors[0].detail}",
            )
        return returns

    def _task(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _carry_out(self, plan: Plan, archive_id: str, opened: asyncio.Event | None = None) -> Done:
        if not plan.targets:
            return Done(None, Result([], list(plan.refused)))
        state = self.collections.control.collection(plan.collection)
        first = Opened(
            kind=plan.kind, collection=plan.collection, generation=state.generation if state else None
        )
        async with self.index.owned(archive_id):
            await self._prepare(plan, archive_id, first, opened or asyncio.Event())
            archive = partial(self.executor.archive, archive_id, plan.targets, self._folder(plan.kind))
            result = await self.detached.run(archive, PHOTOS)
            await self.index.try_to_settle(archive_id)
        return Done(archive_id, Result(result.archived, [*plan.refused, *result.skipped]))

    async def _prepare(self, plan: Plan, archive_id: str, first: Opened, opened: asyncio.Event) -> None:
        journal, disk = self.executor.journal(archive_id), self.executor.rules.disk
        ids = [target.photo.point_id for target in plan.targets]
        try:
            await asyncio.to_thread(journal.begin, first)
            opened.set()
            await points.save(self.collections.store, plan.collection, ids, journal.folder, disk)
            if plan.kind == "selection":
                await points.save_ids(self.collections.store, plan.collection, journal.folder, disk)
            await asyncio.to_thread(disk.sync_folder, journal.folder)
        except OSError as error:
            failed = as_file_error(error)
            detail = f"nothing was moved, as ARCHIVE_DIR cannot be used: {failed.detail}"
            raise SluiceError(failed.code, detail) from error

    async def _restore(self, archive_id: str, *, dry_run: bool) -> list[Return]:
        async with self.index.owned(archive_id):
            if not dry_run:
                await self.detached.run(partial(self.executor.recover, archive_id), PHOTOS)
            restore = partial(self.executor.restore, archive_id, dry_run=dry_run)
            returns = await self.detached.run(restore, PHOTOS)
            if not dry_run:
                await self.index.try_to_settle(archive_id)
        return returns

    def _page(self, before: str | None, limit: int) -> tuple[list[ArchiveHistory], str | None]:
        stories: list[ArchiveHistory] = []
        for archive_id in self.executor.archive_ids():
            if before is not None and archive_id >= before:
                continue
            if len(stories) == limit:
                return stories, stories[-1].archive_id
            history = self.executor.history(archive_id)
            if history is not None and sees(history.collection):
                stories.append(history)
        return stories, None

    async def _stopped(self, *others: asyncio.Task[Any]) -> None:
        """Wait until the file at hand is moved; what then is left to do, the next start does."""
        left = {*self._running, *others}
        if not left:
            return
        _, late = await asyncio.wait(left, timeout=STOP_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def _logged(work: asyncio.Task[Done]) -> None:
    """Of what no one waits for, the log tells the failure."""
    if not work.cancelled() and (error := work.exception()) is not None:
        log.warning("an archive could not be made: %s", error)


def new_id() -> str:
    """An id that sorts by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}"
