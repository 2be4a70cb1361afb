"""The gateway's OpenAPI document, made once for all tests that read it: that takes seconds."""

from typing import Any

from services.gateway.app import create_app

DOCUMENT: dict[str, Any] = create_app().openapi()
