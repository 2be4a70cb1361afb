"""The REST gateway: `uvicorn services.gateway:app` serves it, `python -m services.gateway` runs it."""

from services.gateway.app import create_app

app = create_app()
