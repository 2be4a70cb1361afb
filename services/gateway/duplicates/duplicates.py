"""Finding duplicates in the active collection: the same content at once, near-duplicates as a task."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from msgspec import structs

from libs.common.duplicates.policy import Policy
from libs.common.errors import Code, SluiceError
from libs.common.events import SimilarGroup
from libs.common.store.protocol import Store
from libs.common.tasks import FindSimilar
from services.gateway.collections.collections import Collections
from services.gateway.duplicates.exact import ExactGroup, exact_groups
from services.gateway.tasks.tasks import State, Tasks
from services.gateway.view.tasks_fold import Task


@dataclass(frozen=True, slots=True)
class Report:
    """How far a search is, a page of the groups it found, and the cursor of the next page."""

    task: Task
    state: State
    groups: list[SimilarGroup]
    next: str | None


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Each call may raise broker_unavailable or store_unavailable."""

    store: Store
    collections: Collections
    tasks: Tasks
    policy: Policy
    pass_over: tuple[str, ...]
    """Names of folders that the settings add to those declared."""

    async def find_similar(self, params: FindSimilar) -> str:
        """Have the active collection searched; the task's id. SluiceError no_collection_selected."""
        params = structs.replace(
            params, protect=self.policy.protecting(params.protect).protected.folders, pass_over=self.pass_over
        )
        state = await self.collections.adopted(await self.collections.active())
        return await self.tasks.submit("find_similar", state, params)

    async def report(self, task_id: UUID, cursor: str | None, limit: int) -> Report:
        """What the search found so far; SluiceError task_not_found, also for a task of another kind."""
        task = await self.tasks.get(task_id)
        if task.kind != "find_similar":
            raise SluiceError(
                Code.TASK_NOT_FOUND, f"task {task_id} looks for nothing: it is of kind {task.kind}"
            )
        groups, following = await self.tasks.groups(task, cursor, limit)
        return Report(task, await self.tasks.state(task), groups, following)

    async def exact(
        self, after: str | None, limit: int, protect: Sequence[str] = ()
    ) -> tuple[list[ExactGroup], str | None]:
        """Files of the same content, and the cursor that goes on from there; see `exact_groups`."""
        policy = self.policy.protecting(protect)
        return await exact_groups(self.store, await self.collections.active(), policy, after, limit)

    async def latest(self) -> list[Task]:
        """The last search of each collection that had one."""
        return await self.tasks.latest("find_similar")
