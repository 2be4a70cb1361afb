"""How the service is, for people, for orchestrators and for Prometheus. Open to all: it tells no secrets."""

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.routing import BaseRoute

from libs.common.http.metrics import metrics_route, process_metrics
from libs.common.http.probes import probe_routes
from libs.common.metrics.instruments import Instruments
from services.ml.engine.engine import Engine
from services.ml.wire import Health

router = APIRouter()


@router.get("/health")
async def health(request: Request, response: Response) -> Health:
    """The models that are loaded; 503 while there are none."""
    engine = request.app.state.engine
    if engine.obstacle:
        response.status_code = 503
        return Health(status=engine.obstacle, clip_model=None, blip_model=None)
    return Health(status="ok", clip_model=engine.backend.model, blip_model=engine.backend.caption_model)


def probes(app: FastAPI, instruments: Instruments) -> list[BaseRoute]:
    """/livez: the model's thread lives; /readyz: images can be embedded; /metrics."""

    def engine() -> Engine:
        found: Engine = app.state.engine
        return found

    judges = (lambda: engine().failure, lambda: engine().obstacle)
    return [*probe_routes(*judges), metrics_route(lambda: [*instruments.collect(), *process_metrics()])]
