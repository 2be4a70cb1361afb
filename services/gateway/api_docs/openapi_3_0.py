"""The OpenAPI document in version 3.0, for generators that read no later one. Pure."""

from typing import Any

Schema = dict[str, Any]

_SCHEMA = ("items", "additionalProperties", "not")
_SCHEMAS = ("anyOf", "oneOf", "allOf")
_NULL = {"type": "null"}


def as_3_0(document: Schema) -> Schema:
    """The same calls and bodies; `document` is left as it is."""
    made = {key: _outside(value) for key, value in document.items() if key != "components"}
    components = document["components"]
    schemas = {name: _schema(each) for name, each in components["schemas"].items()}
    return {**made, "openapi": "3.0.3", "components": {**components, "schemas": schemas}}


def _outside(node: Any) -> Any:
    """What is around schemas, with each of them converted; examples are values, and stay."""
    if isinstance(node, list):
        return [_outside(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _schema(value) if key == "schema" else value if key == "example" else _outside(value)
        for key, value in node.items()
    }


def _schema(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    made = {key: _inner(key, value) for key, value in schema.items()}
    if "const" in made:
        made["enum"] = [made.pop("const")]
    if examples := made.pop("examples", None):
        made.setdefault("example", examples[0])
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if exclusive in made:
            made |= {limit: made[exclusive], exclusive: True}
    if made.pop("contentMediaType", None):
        made["format"] = "binary"
    return _nullable(made)


def _inner(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: _schema(each) for name, each in value.items()}
    if key in _SCHEMAS:
        return [_schema(each) for each in value if each != _NULL] + [_NULL] * (_NULL in value)
    return _schema(value) if key in _SCHEMA else value


def _nullable(made: Schema) -> Schema:
    """Null as a word next to the type; next to a reference nothing may stand, so that goes into allOf."""
    parts = [each for each in made.get("anyOf", ()) if each != _NULL]
    if len(parts) < len(made.get("anyOf", ())):
        rest = {key: value for key, value in made.items() if key != "anyOf"}
        if len(parts) > 1:
            return {**rest, "anyOf": parts, "nullable": True}
        only = {"allOf": parts} if "$ref" in parts[0] else parts[0]
        return {**only, **rest, "nullable": True}
    if "$ref" in made and len(made) > 1:
        return {"allOf": [{"$ref": made.pop("$ref")}], **made}
    return made
