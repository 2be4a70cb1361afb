"""How the service is, for people, for orchestrators and for Prometheus. Open to all: it tells no secrets."""

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.routing import BaseRoute

from libs.common.http.metrics import metrics_route, process_metrics
from libs.common.http.probes import probe_routes
from services.ml.engine import Engine
from services.ml.wire import Health

NOT_LOADED = "models not loaded"

router = APIRouter()


@router.get("/health")
async def health(request: Request, response: Response) -> Health:
    """The models that are loaded; 503 while there are none."""
    engine = request.app.state.engine
    if not engine.loaded:
        response.status_code = 503
        return Health(status=NOT_LOADED, clip_model=None, blip_model=None)
    return Health(status="ok", clip_model=engine.backend.model, blip_model=engine.backend.caption_model)


def probes(app: FastAPI) -> list[BaseRoute]:
    """/livez: the process answers; /readyz: images can be embedded; /metrics."""

    def obstacle() -> str | None:
        engine: Engine = app.state.engine
        return None if engine.loaded else NOT_LOADED

    return [*probe_routes(lambda: None, obstacle), metrics_route(process_metrics)]
