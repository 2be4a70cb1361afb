"""Archives as clients read them. Pure."""

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Literal

from libs.common.ids import display_name
from services.gateway.archive import models as out
from services.gateway.archive import points
from services.gateway.archive.archives import Done
from services.gateway.archive.history import ArchiveHistory, Recorded
from services.gateway.archive.moves.executor import Gone, Result, Return
from services.gateway.archive.planning import Skipped
from services.gateway.archive.plans import Plan

SHOWN_MOVES = 1000


def shown(path: Path | str) -> str:
    """The path for people and JSON."""
    return display_name(os.fsencode(path))


def archive_out(done: Done, *, dry_run: bool) -> out.ArchiveOut:
    """What moved."""
    return out.ArchiveOut(archive_id=done.archive_id, dry_run=dry_run, **_result(done.result))


def selection_out(done: Done, unknown: Iterable[str], *, dry_run: bool) -> out.SelectionOut:
    """What moved, the ids without a point, and the snapshot's name."""
    found = archive_out(done, dry_run=dry_run)
    found.skipped += [
        out.SkippedOut(path=each, code="image_not_found", detail="the active collection has no such point")
        for each in unknown
    ]
    snapshot = f"{done.archive_id}/{points.NAME}" if done.archive_id else None
    return out.SelectionOut(**found.model_dump(), snapshot=snapshot)


def plan_out(archive_id: str | None, plan: Plan, *, dry_run: bool) -> out.PlanOut:
    """What is about to move."""
    return out.PlanOut(
        archive_id=archive_id,
        dry_run=dry_run,
        planned=[
            out.PlannedOut(path=shown(target.photo.path), point_id=target.photo.point_id)
            for target in plan.targets
        ],
        skipped=[_skipped(each) for each in plan.refused],
    )


def rehearsal_out(result: Result) -> out.PlanOut:
    """What would be about to move, each looked at."""
    return out.PlanOut(
        archive_id=None,
        dry_run=True,
        planned=[
            out.PlannedOut(
                path=shown(each.files[0].source),
                point_id=each.point_id,
                to=shown(each.files[0].destination),
                keeper=shown(each.keeper) if each.keeper else None,
            )
            for each in result.archived
        ],
        skipped=[_skipped(each) for each in result.skipped],
    )


def item_out(history: ArchiveHistory) -> out.ArchiveItem:
    """An archive in the list."""
    moves = (move for recorded in history.moves.values() for move in _moves(recorded))
    first = list(islice(moves, SHOWN_MOVES + 1))
    return out.ArchiveItem(
        archive_id=history.archive_id,
        kind=history.kind,
        collection=history.collection,
        created_at=history.at,
        state=_state(history),
        moved=len(history.archived),
        restored=history.restored,
        moves=first[:SHOWN_MOVES],
        truncated=len(first) > SHOWN_MOVES,
    )


def restore_out(archive_id: str, returns: Iterable[Return], *, dry_run: bool) -> out.RestoreOut:
    """What moved back, each file by itself."""
    return out.RestoreOut(
        archive_id=archive_id,
        dry_run=dry_run,
        moves=[move for found in returns for move in _back(found)],
    )


def _result(result: Result) -> dict[str, object]:
    return {
        "archived": [_archived(each) for each in result.archived],
        "skipped": [_skipped(each) for each in result.skipped],
    }


def _archived(gone: Gone) -> out.ArchivedOut:
    photo, *along = gone.files
    return out.ArchivedOut(
        path=shown(photo.source),
        to=shown(photo.destination),
        point_id=gone.point_id,
        keeper=shown(gone.keeper) if gone.keeper else None,
        sidecars=[shown(file.source) for file in along],
    )


def _skipped(found: Skipped) -> out.SkippedOut:
    return out.SkippedOut(path=shown(found.path), code=found.error.code, detail=found.error.detail)


def _state(history: ArchiveHistory) -> Literal["running", "finished", "interrupted", "restored"]:
    if not history.finished:
        return "running"
    if history.restored and not history.archived:
        return "restored"
    return "interrupted" if history.interrupted else "finished"


def _moves(recorded: Recorded) -> Iterator[out.MoveOut]:
    for file in recorded.moved or recorded.move.files:
        yield _move(file.source, file.destination, recorded.state)


def _back(found: Return) -> Iterator[out.MoveOut]:
    state = found.error.code if found.error else "restored"
    for file in found.recorded.moved:
        yield _move(file.destination, file.source, state)


def _move(source: str, destination: str, state: str) -> out.MoveOut:
    return out.MoveOut.model_validate({"from": shown(source), "to": shown(destination), "state": state})
