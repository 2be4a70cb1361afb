"""What a search for near-duplicates found, as people are shown it."""

from collections.abc import Mapping, Sequence

from libs.common.events import SimilarGroup
from libs.common.points.fields import Fields
from libs.common.points.projections import SHOWN
from libs.common.store.protocol import Payload, Store
from services.gateway.duplicates import models as body
from services.gateway.tasks.models import State
from services.gateway.tasks.presentation import status_of
from services.gateway.view.tasks_fold import Task

AT_ONCE = 500
"""Thumbnails asked of the store in one call: some 5 MB."""


def report_out(
    task: Task, state: State, groups: Sequence[body.GroupOut], following: str | None
) -> body.ReportOut:
    """The task with a page of its groups."""
    return body.ReportOut(
        task_id=task.task_id,
        status=status_of(task),
        state=state,
        progress=task.progress,
        results=list(groups),
        next=following,
        collection=task.collection,
        totals=task.totals,
        code=task.code,
        error=task.error,
    )


async def groups_out(store: Store, collection: str, groups: Sequence[SimilarGroup]) -> list[body.GroupOut]:
    """The groups with thumbnails, without the points that are not stored any more."""
    ids = [member.id for group in groups for member in group.points]
    stored: dict[str, Payload] = {}
    for start in range(0, len(ids), AT_ONCE):
        part = await store.retrieve(collection, ids[start : start + AT_ONCE], payload=SHOWN)
        stored |= {record.id: record.payload for record in part}
    return [shown for group in groups if (shown := _group(group, stored)).points]


def _group(group: SimilarGroup, stored: Mapping[str, Payload]) -> body.GroupOut:
    return body.GroupOut(
        group_id=group.group_id,
        keeper_id=group.keeper_id,
        reason=group.reason,
        points=[
            body.MemberOut(
                id=member.id,
                score=member.score,
                payload=body.MemberPayload(
                    filename=member.filename or member.id,
                    thumbnail_base64=Fields(stored[member.id]).thumbnail_base64,
                ),
            )
            for member in group.points
            if member.id in stored
        ],
    )
