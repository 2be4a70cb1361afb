"""A reference ML service: `uvicorn services.ml:app` serves it, `python -m services.ml` runs it."""

from services.ml.app import create_app

app = create_app()
