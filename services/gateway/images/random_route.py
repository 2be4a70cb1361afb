"""One point, whichever."""

from fastapi import APIRouter

from services.gateway.api.models import problems
from services.gateway.images.models import AnyPoint
from services.gateway.lifecycle import Open

router = APIRouter(tags=["images"])


@router.get("/random", summary="A random image of the active collection", responses=problems(400, 404))
async def random(gateway: Open) -> AnyPoint:
    """Each with about the same chance; 404 while the collection is empty."""
    found = await gateway.search.random()
    return AnyPoint(id=found.id, payload=found.payload)
