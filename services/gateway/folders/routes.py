"""Folders that may be ingested."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.gateway.api.capabilities import capability
from services.gateway.api.models import problems
from services.gateway.folders.folders import Folders
from services.gateway.folders.models import FoldersOut

router = APIRouter(prefix="/folders", tags=["ingestion"])


@router.get("", summary="The folders in one that may be ingested", responses=problems(400))
async def listing(
    folders: Annotated[Folders, Depends(capability(Folders))],
    path: Annotated[str | None, Query(min_length=1, max_length=4096, description="Unset: SCAN_ROOTS")] = None,
) -> FoldersOut:
    """Without those that a scan passes over. A key needs the scope `ingest`."""
    return FoldersOut(**asdict(await folders.listing(path)))
