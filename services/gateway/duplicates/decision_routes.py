"""Remembering that pictures are no duplicates of each other."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from libs.common.events import Decision
from services.gateway.api.capabilities import capability
from services.gateway.api.models import problems
from services.gateway.api.unread import ReadFields
from services.gateway.duplicates import models as body
from services.gateway.duplicates.decisions import Decisions

router = APIRouter(prefix="/duplicates/decisions", tags=["duplicates"], route_class=ReadFields)

All = Annotated[Decisions, Depends(capability(Decisions))]
DecisionId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", examples=["0" * 32])]


@router.post("", summary="Say that contents are no duplicates of each other", responses=problems(400))
async def decide(decisions: All, request: body.DecisionRequest) -> body.DecisionOut:
    """It holds over rescans and moves, for other models and in other collections, until it is undone."""
    return _out(await decisions.keep_all(request.hashes))


@router.get("", summary="What was decided, the newest first", responses=problems())
async def decided(decisions: All) -> list[body.DecisionOut]:
    """Groups hide these unless they are asked for with `decided=true`."""
    return [_out(each) for each in await decisions.all()]


@router.delete("/{decision_id}", summary="Undo a decision", responses=problems(404))
async def undo(decisions: All, decision_id: DecisionId) -> body.DecisionOut:
    """The groups show them again."""
    return _out(await decisions.undo(decision_id))


def _out(found: Decision) -> body.DecisionOut:
    return body.DecisionOut(
        decision_id=found.decision_id, hashes=list(found.hashes), decision=found.decision, at=found.at
    )
