"""Health, for people and for orchestrators. Open to all: it tells no secrets."""

from fastapi import APIRouter, Request, Response

from services.ml.wire import Health, Message

router = APIRouter()


@router.get("/health")
async def health(request: Request, response: Response) -> Health:
    """The models that are loaded; 503 while there are none."""
    engine = request.app.state.engine
    if not engine.loaded:
        response.status_code = 503
        return Health(status="models not loaded", clip_model=None, blip_model=None)
    return Health(status="ok", clip_model=engine.backend.model, blip_model=engine.backend.caption_model)


@router.get("/livez")
async def livez() -> Message:
    """200 while the process answers."""
    return Message(message="alive")


@router.get("/readyz")
async def readyz(request: Request, response: Response) -> Message:
    """200 while images can be embedded, else 503."""
    if request.app.state.engine.loaded:
        return Message(message="ready")
    response.status_code = 503
    return Message(message="models not loaded")
