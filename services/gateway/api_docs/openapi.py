"""Finishing the OpenAPI document: an example for every body, the key, and what any body may meet.

Examples of answers are what a real system answered (`scripts/answers`), as far as that was recorded.
"""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from libs.common.errors import Code
from libs.common.http.problems.problem import PAGE
from services.gateway.api.models import problems
from services.gateway.api_docs.links import add_links
from services.gateway.settings import GatewaySettings

Schema = dict[str, Any]

JSON = "application/json"
PROBLEM = "application/problem+json"
ANSWERS = Path(__file__).with_name("answers.json")
"""Recorded answers by operation and status."""
_ID = "8d0e2f1a-2b1f-5f0e-9c3d-7a1b2c3d4e5f"
_FIELDS: Mapping[str, Any] = {
    "filename": "IMG_0001.jpg",
    "file": "/photos/holiday/IMG_0001.jpg",
    "file_path": "/photos/holiday/IMG_0001.jpg",
    "full_path": "/photos/holiday/IMG_0001.jpg",
    "from": "/photos/holiday/IMG_0001.jpg",
    "to": "/photos/holiday/_VibeDuplicates/IMG_0001.jpg",
    "directory_path": "/photos/holiday",
    "caption": "a sandy beach with blue water",
    "collection": "my_photo_collection",
    "name": "my_photo_collection",
    "active_collection": "my_photo_collection",
    "model": "labels-efficientnet-lite0@57934424",
    "file_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "format": "JPEG",
    "mode": "RGB",
    "width": 4032,
    "height": 3024,
    "message": "12 of 50 files done",
    "stage": "inferencer",
    "instance": "inferencer-0",
    "version": "0.1.0",
    "thumbnail_base64": "/9j/4AAQSkZJRgABAQ==",
    "payload": {"filename": "IMG_0001.jpg", "caption": "a sandy beach with blue water"},
    "code": None,
    "error": None,
    "next": None,
}
"""What fields of these names hold, where their models do not say."""


def operation_id(route: APIRoute) -> str:
    """What generated clients call the operation: its tag and its name."""
    return f"{route.tags[0]}_{route.name}"


def document(app: FastAPI) -> Schema:
    """The app's document, finished; made once."""
    if app.openapi_schema is None:
        made = FastAPI.openapi(app)
        recorded = json.loads(ANSWERS.read_text())
        for operation in _operations(made):
            _show(operation, recorded.get(operation["operationId"], {}))
            _finish(operation, made)
        _name_the_demo(made, getattr(app.state, "settings", None))
        add_links(made)
        made["components"]["securitySchemes"] = {
            "ApiKey": {
                "type": "apiKey",
                "in": "header",
                "name": "x-api-key",
                "description": "Where API_KEY is set",
            }
        }
        made["security"] = [{}, {"ApiKey": []}]
        made["servers"] = [{"url": "/", "description": "The gateway that serves this document"}]
        app.openapi_schema = made
    return app.openapi_schema


def example(schema: Schema, whole: Schema, field: str = "") -> Any:
    """A value of the schema: its own example or default if it has one, else one made of its parts."""
    if "$ref" in schema:
        schema = whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    shown = [*schema.get("examples", []), *(schema[key] for key in ("default", "const") if key in schema)]
    if shown:
        return shown[0]
    if "enum" in schema:
        return schema["enum"][0]
    if parts := schema.get("anyOf"):
        return _one_of(parts, whole, field)
    return _FIELDS[field] if _is_discriminated(field, schema) else _made(schema, whole, field)


def _name_the_demo(made: Schema, settings: GatewaySettings | None) -> None:
    """Have the example of an ingest run as it stands where the demo has left its photos."""
    body = made["paths"]["/api/v1/ingest"]["post"]["requestBody"]["content"][JSON]
    folders = [] if settings is None or settings.scan_roots else _of_the_demo(settings.data_dir.absolute())
    there = next((folder for folder in folders if folder.is_dir()), None)
    body["example"] = {"directory_path": str(there or _FIELDS["directory_path"])}


def _of_the_demo(data: Path) -> list[Path]:
    """Where it leaves its photos: below this DATA_DIR, or next to it where it is the demo's own."""
    own = [data.parent / "photos"] if data.parent.name == "demo" else []
    return [data / "demo" / "photos", *own]


def _operations(made: Schema) -> Iterator[Schema]:
    for operations in made["paths"].values():
        yield from operations.values()


def _show(operation: Schema, answers: Mapping[str, Any]) -> None:
    """Have what was answered stand as the examples of its responses."""
    for status, answer in answers.items():
        content = operation["responses"].get(status, {}).get("content", {})
        for kind in (PROBLEM,) if PROBLEM in content else (JSON,):
            if kind in content:
                content[kind]["example"] = answer
                content[kind].pop("examples", None)


def _finish(operation: Schema, made: Schema) -> None:
    if "requestBody" in operation:
        for body in operation["requestBody"]["content"].values():
            body.setdefault("example", example(body["schema"], made))
        # The limits of its size and of its time are the gateway's, whatever the endpoint.
        for status in (408, 413):
            operation["responses"].setdefault(str(status), _refused(status))
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        if PROBLEM in content:
            content.pop(JSON, None)  # FastAPI adds it to a model of its own accord
        for kind, body in content.items():
            if kind == PROBLEM:
                body.setdefault("example", _problem(int(status), response["description"]))
            elif kind == JSON and "schema" in body and "examples" not in body:
                body.setdefault("example", example(body["schema"], made))


def _refused(status: int) -> Schema:
    described = problems(status)[status]
    return {
        "description": described["description"],
        "content": {PROBLEM: dict(described["content"][PROBLEM])},
    }


def _problem(status: int, description: str) -> Schema:
    code = _CODES.get(status, Code.INVALID_REQUEST)
    return {
        "type": f"{PAGE}#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": description,
        "code": code,
        "errors": [{"field": "limit", "message": "Input should be less than or equal to 100"}]
        if status == 422
        else [],
        "retryable": status == 503,
        "request_id": "3f1e7c9d2b8a4c6e9d0f1a2b3c4d5e6f",
    }


_CODES = {
    400: "no_collection_selected",
    401: "unauthorized",
    403: "forbidden_origin",
    404: "job_not_found",
    409: "collection_busy",
    410: "file_gone",
    408: "invalid_request",
    413: "too_large",
    422: "invalid_request",
    503: "broker_unavailable",
    507: "disk_full",
}


def _one_of(parts: list[Schema], whole: Schema, field: str) -> Any:
    """The first that says something, or null where the field is best left empty."""
    if field in _FIELDS and _FIELDS[field] is None:
        return None
    return example(next((part for part in parts if part.get("type") != "null"), parts[0]), whole, field)


def _is_discriminated(field: str, schema: Schema) -> bool:
    kinds: dict[str, type] = {"string": str, "integer": int, "object": dict}
    kind = kinds.get(schema.get("type", ""))
    return kind is not None and isinstance(_FIELDS.get(field), kind) and "properties" not in schema


def _made(schema: Schema, whole: Schema, field: str) -> Any:
    match schema.get("type"):
        case "object":
            return _object(schema, whole)
        case "array":
            return [example(schema["items"], whole, field)] if schema.get("items") else []
        case "string":
            return _text(schema)
        case kind:
            return {"integer": 1, "number": 1.0, "boolean": True}.get(kind or "")


def _object(schema: Schema, whole: Schema) -> Schema:
    values = schema.get("additionalProperties")
    if "properties" not in schema and isinstance(values, dict) and values:
        return {"my_photo_collection": example(values, whole)}
    return {name: example(inner, whole, name) for name, inner in schema.get("properties", {}).items()}


def _text(schema: Schema) -> str:
    match schema.get("format"):
        case "uuid":
            return _ID
        case "date-time":
            return "2026-06-12T10:00:00Z"
        case "binary":
            return "(the file)"
    return _ID if schema.get("title", "").lower().endswith("id") else "..."
