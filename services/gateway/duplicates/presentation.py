"""What a search for near-duplicates found, as people are shown it."""

from collections.abc import Sequence

from libs.common.points.from_exif import described
from services.gateway.duplicates import models as body
from services.gateway.duplicates.review import Compared, Group, advice
from services.gateway.tasks.models import State
from services.gateway.tasks.presentation import status_of
from services.gateway.view.tasks.fold import Task


def report_out(
    task: Task, state: State, groups: Sequence[body.GroupOut], following: str | None
) -> body.ReportOut:
    """The task with a page of its groups."""
    recall = task.totals.get("recall_permille")
    return body.ReportOut(
        task_id=task.task_id,
        status=status_of(task),
        state=state,
        progress=task.progress,
        results=list(groups),
        next=following,
        collection=task.collection,
        totals=task.totals,
        compared="pairs" if recall is None else "index",
        recall=None if recall is None else recall / 1000,
        code=task.code,
        error=task.error,
    )


def group_out(group: Group) -> body.GroupOut:
    """A group with what people compare."""
    return body.GroupOut(
        group_id=group.group_id,
        keeper_id=group.keeper.member.id,
        reason=group.reason,
        points=[_member(group, each) for each in group.members],
        space=group.space,
        likeness=group.likeness,
        differs=group.differs,
    )


def _member(group: Group, each: Compared) -> body.MemberOut:
    fields = described(each.record.payload)
    return body.MemberOut(
        id=each.member.id,
        score=each.score,
        payload=body.MemberPayload(
            filename=fields.filename or each.member.id, thumbnail_base64=fields.thumbnail_base64
        ),
        advice=advice(group, each),
        file_path=fields.full_path or "",
        hash=fields.file_hash,
        size=fields.size,
        width=fields.width,
        height=fields.height,
        taken_at=fields.taken_local or fields.taken_at,
        camera=fields.camera,
        sharpness=None if each.look is None else round(each.look.sharpness, 1),
        same_file=each.same_file,
        same_pixels=each.same_pixels,
        stacked=list(each.member.stacked),
    )
