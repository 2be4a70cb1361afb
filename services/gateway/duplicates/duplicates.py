"""Finding duplicates in the active collection: the same content at once, near-duplicates as a task."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from libs.common.control import CollectionState
from libs.common.duplicates.decided import NONE
from libs.common.duplicates.policy import Policy
from libs.common.errors import Code, SluiceError
from libs.common.events import SimilarGroup
from libs.common.runtime.detached import DetachedCalls
from libs.common.store.protocol import Record, Store
from libs.common.tasks import MOST_COMPARED, FindSimilar, Mode, duplicates_from, too_large
from services.gateway.collections.collections import Collections
from services.gateway.duplicates.decisions import Decisions
from services.gateway.duplicates.exact import ExactGroup, exact_groups
from services.gateway.duplicates.review import Group, Inode, compared, inodes_of, paths_of, present
from services.gateway.tasks.tasks import State, Tasks
from services.gateway.view.tasks.fold import Task
from services.gateway.view.tasks.queries import Sort

AT_ONCE = 500
"""Points asked of the store in one call: with their thumbnails some 10 MB."""


@dataclass(frozen=True, slots=True)
class Report:
    """How far a search is, a page of the groups it found, and the cursor of the next page."""

    task: Task
    state: State
    groups: list[Group]
    next: str | None


@dataclass(frozen=True, slots=True)
class Requested:
    """Which groups of a report, and how. `below`: with a file in this folder; `decided`: those too."""

    cursor: str | None = None
    limit: int = 50
    sort: Sort | None = None
    below: str | None = None
    decided: bool = False
    protect: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Each call may raise broker_unavailable or store_unavailable."""

    store: Store
    collections: Collections
    tasks: Tasks
    decisions: Decisions
    detached: DetachedCalls
    policy: Policy
    pass_over: tuple[str, ...]
    """Names of folders that the settings add to those declared."""

    async def find_similar(self, threshold: float | None, mode: Mode, protect: Sequence[str]) -> str:
        """Have the active collection searched; the task's id. Threshold None: as its model has it.

        Raises SluiceError no_collection_selected, or too_large where only a store with an index could do it.
        """
        state = await self.collections.adopted(await self.collections.active())
        if not self.store.has_index and (count := await self.store.count(state.name)) > MOST_COMPARED:
            raise too_large(state.name, count)
        params = FindSimilar(
            threshold=self._threshold(state) if threshold is None else threshold,
            mode=mode,
            protect=self.policy.protecting(protect).protected.folders,
            pass_over=self.pass_over,
        )
        return await self.tasks.submit("find_similar", state, params)

    def _threshold(self, collection: CollectionState) -> float:
        return duplicates_from(self.collections.control.model(collection.model))

    async def report(self, task_id: UUID, requested: Requested) -> Report:
        """What the search found so far; SluiceError task_not_found, also for a task of another kind."""
        task = await self._task(task_id)
        found, following = await self.tasks.groups(task, requested.cursor, requested.limit, requested.sort)
        groups = await self._present(task.collection, found, requested) if found else []
        return Report(task, await self.tasks.state(task), groups, following)

    async def collection_of(self, task_id: UUID) -> str:
        """The collection that was searched; SluiceError as `report`."""
        return (await self._task(task_id)).collection

    async def _task(self, task_id: UUID) -> Task:
        task = await self.tasks.get(task_id)
        if task.kind != "find_similar":
            raise SluiceError(
                Code.TASK_NOT_FOUND, f"task {task_id} looks for nothing: it is of kind {task.kind}"
            )
        return task

    async def _present(
        self, collection: str, found: Sequence[SimilarGroup], requested: Requested
    ) -> list[Group]:
        """The groups as the index has them now; those that are none any more are left out."""
        stored, policy = await self._stored(collection, found), self.policy.protecting(requested.protect)
        decided = NONE if requested.decided else await self.decisions.decided()
        there = [present(each, stored, policy, decided, each.least) for each in found]
        groups = [each for each in there if each is not None and _lies_below(each, requested.below)]
        inodes = await self._inodes(groups)
        return await asyncio.to_thread(lambda: [compared(each, policy, inodes) for each in groups])

    async def _stored(self, collection: str, groups: Sequence[SimilarGroup]) -> dict[str, Record]:
        """The points of the groups; with their vectors where the keeper is gone."""
        ids = list(dict.fromkeys(id_ for each in groups for id_ in _ids(each)))
        stored: dict[str, Record] = {}
        for start in range(0, len(ids), AT_ONCE):
            page = await self.store.retrieve(collection, ids[start : start + AT_ONCE])
            stored |= {record.id: record for record in page}
        orphaned = [id_ for each in groups if self._is_orphaned(each, stored) for id_ in _ids(each)]
        for start in range(0, len(orphaned), AT_ONCE):
            page = await self.store.retrieve(collection, orphaned[start : start + AT_ONCE], vectors=True)
            stored |= {record.id: record for record in page}
        return stored

    def _is_orphaned(self, group: SimilarGroup, stored: Mapping[str, Record]) -> bool:
        there = self.policy.copies(stored[each] for each in _ids(group) if each in stored)
        return bool(there) and self.policy.keeper(there)[0] != group.keeper_id

    async def _inodes(self, groups: Sequence[Group]) -> dict[bytes, Inode]:
        """None where a share does not answer: what is shown then does not depend on it."""
        try:
            return await self.detached.run(partial(inodes_of, paths_of(groups)), "the folder of a photo")
        except SluiceError:
            return {}

    async def exact(
        self, after: str | None, limit: int, protect: Sequence[str] = (), *, shows_decided: bool = False
    ) -> tuple[list[ExactGroup], str | None]:
        """Files of the same content, and the cursor that goes on from there; see `exact_groups`."""
        policy = self.policy.protecting(protect)
        decided = NONE if shows_decided else await self.decisions.decided()
        name = await self.collections.active()
        return await exact_groups(self.store, name, policy, decided, after, limit)

    async def latest(self) -> list[Task]:
        """The last search of each collection that had one."""
        return await self.tasks.latest("find_similar")


def _ids(group: SimilarGroup) -> list[str]:
    return [each.id for each in group.points]


def _lies_below(group: Group, folder: str | None) -> bool:
    return folder is None or any(
        (each.fields.full_path or "").startswith(folder.rstrip("/") + "/") for each in group.members
    )
