"""What runs, and what the system can do."""

from fastapi import APIRouter

from services.gateway.api.clock import utc
from services.gateway.api.deadlines import refreshed
from services.gateway.api.models import problems
from services.gateway.lifecycle import Open
from services.gateway.system import presence
from services.gateway.system.lag import lags
from services.gateway.system.models import CapabilitiesOut, ServiceOut

router = APIRouter(tags=["system"], responses=problems())


@router.get("/services", summary="Every running instance, and why it waits if it does")
async def services(gateway: Open) -> list[ServiceOut]:
    """By stage. An instance that went silent is `gone`; after an hour it is left out."""
    await refreshed(gateway.services)
    behind = await lags(gateway.connection)
    found = presence.instances(gateway.services.rows.values(), utc(gateway.now()))
    return [instance.model_copy(update={"lag": behind.get(instance.stage)}) for instance in found]


@router.get("/capabilities", summary="Batch sizes, model and readiness")
async def capabilities(gateway: Open) -> CapabilitiesOut:
    """`is_ready_for_ingestion`: every stage that a job needs works now, the ML service included."""
    await refreshed(gateway.control)
    await refreshed(gateway.services)
    model, settings = gateway.control.model(), gateway.settings
    found = presence.instances(gateway.services.rows.values(), utc(gateway.now()))
    batch = settings.ml_inference_batch_size
    return CapabilitiesOut(
        ml_batch_size=min(batch, model.batch) if model else batch,
        qdrant_batch_size=settings.qdrant_upsert_batch_size,
        is_ready_for_ingestion=presence.is_ready(found),
        active_collection=gateway.control.active(),
        model=model.model if model else None,
    )
