"""Links of the OpenAPI document: which call takes the id that another one's answer holds. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = dict[str, Any]

PARAMETERS: Mapping[str, str] = {
    "job_id": "job_id",
    "task_id": "task_id",
    "archive_id": "archive_id",
    "collection": "name",
    "active_collection": "name",
    "id": "image_id",
}
"""Fields of answers, and the path parameter that takes what they hold."""


def add_links(document: Schema) -> None:
    """Give each answer the links that its fields make possible."""
    takers = _takers(document)
    for operation in _operations(document):
        for status, response in operation["responses"].items():
            schema = response.get("content", {}).get("application/json", {}).get("schema")
            if not status.startswith("2") or schema is None:
                continue
            found = {
                taker: {"operationId": taker, "parameters": {parameter: f"$response.body#/{place}"}}
                for place, field in _fields(_resolved(schema, document), document)
                for parameter in [PARAMETERS[field]]
                for taker in takers.get(parameter, ())
            }
            if found:
                response["links"] = found


def _operations(document: Schema) -> Iterator[Schema]:
    for operations in document["paths"].values():
        yield from operations.values()


def _takers(document: Schema) -> dict[str, list[str]]:
    """Operations by their path parameters."""
    found: dict[str, list[str]] = {}
    for operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path":
                found.setdefault(parameter["name"], []).append(operation["operationId"])
    return found


def _fields(schema: Schema, document: Schema) -> Iterator[tuple[str, str]]:
    """JSON pointers to fields that are in PARAMETERS, of the answer itself and of the first in its lists.

    The answer's own come last, so that they are the ones that stay where both have them.
    """
    properties = schema.get("properties", {})
    for name, inner in properties.items():
        items = _resolved(inner, document).get("items")
        for field in _resolved(items, document).get("properties", {}) if isinstance(items, dict) else ():
            if field in PARAMETERS:
                yield f"{name}/0/{field}", field
    yield from ((field, field) for field in properties if field in PARAMETERS)


def _resolved(schema: Schema, document: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    found: Schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found
