"""The AsyncAPI document of the public topics, and a page that shows it without any script."""

import re
from html import escape
from typing import Any

import msgspec
from faststream.specification.asyncapi import AsyncAPI

from libs.common import events
from libs.common.events import Decision, JobEvent, JobSnapshot, Library, ScanRequest
from libs.common.http.html_page import html_page
from libs.common.kafka.connection import Connection
from libs.common.runtime.release import release
from libs.common.topics import ALL, DECISIONS, INGEST, JOB_STATUS, JOBS, LIBRARIES
from services.gateway.api_docs.described import field_texts
from services.gateway.jobs.requests import faststream_broker

_CODE = re.compile("`([^`]+)`")
_BODIES: dict[str, Any] = {
    INGEST.name: ScanRequest,
    JOB_STATUS.name: JobEvent,
    JOBS.name: JobSnapshot,
    DECISIONS.name: Decision,
    LIBRARIES.name: Library,
}
_ABOUT = (
    "The public topics of Sluice. Bodies are JSON with `version` 1; readers ignore fields they do not know. "
    "Any system may write to `ingest`, and a library to `libraries`; the others are for reading."
)


def document(connection: Connection) -> dict[str, Any]:
    """The AsyncAPI 3.0 document, with the topic names of this installation."""
    broker = faststream_broker(connection)
    for topic in (topic for topic in ALL if topic.public):
        broker.publisher(
            connection.names.of(topic),
            title=topic.name,
            description=f"{topic.description} Key: {topic.key}.",
            schema=dict[str, Any],
        )
    made = AsyncAPI(broker, title="Sluice", version=release(), description=_ABOUT).to_specification()
    return _with_keys(_as_received(_with_bodies(msgspec.json.decode(made.to_json())), connection), connection)


def page(spec: dict[str, Any]) -> str:
    """The document as HTML: each topic, and each body with its fields."""
    schemas = spec["components"]["schemas"]
    channels = "".join(
        f"<section><h2><code>{escape(channel['address'])}</code></h2>"
        f"{_prose(channel['description'])}</section>"
        for channel in spec["channels"].values()
    )
    bodies = "".join(_table(name, schema) for name, schema in schemas.items() if "properties" in schema)
    version = escape(spec["info"]["version"])
    return html_page(
        "Sluice: topics",
        _BODY.format(version=version, about=_prose(_ABOUT), channels=channels, bodies=bodies),
    )


def _with_bodies(spec: dict[str, Any]) -> dict[str, Any]:
    """FastStream reads pydantic types; ours are msgspec's, which describe themselves."""
    shapes, components = msgspec.json.schema_components(
        list(_BODIES.values()), ref_template="#/components/schemas/{name}"
    )
    for name, shape in zip(_BODIES, shapes, strict=True):
        spec["components"]["schemas"][f"{name}:Message:Payload"] = shape
    spec["components"]["schemas"] |= components
    for name, schema in spec["components"]["schemas"].items():
        _name_discriminator(schema)
        _describe(schema, getattr(events, name, None))
    return spec


def _describe(schema: dict[str, Any], body: type | None) -> None:
    """Say of each field what its class says of it."""
    texts = field_texts(body) if isinstance(body, type) else {}
    for field, shape in schema.get("properties", {}).items():
        if field in texts:
            shape.setdefault("description", texts[field])


def _name_discriminator(schema: dict[str, Any]) -> None:
    """AsyncAPI has the field's name where OpenAPI, and so msgspec, has an object."""
    if isinstance(found := schema.get("discriminator"), dict):
        schema["discriminator"] = found["propertyName"]


def _as_received(spec: dict[str, Any], connection: Connection) -> dict[str, Any]:
    """FastStream knows us as a publisher of all topics; what lies on ingest, Sluice receives."""
    ingest = connection.names.of(INGEST)
    channels = {f"#/channels/{name}" for name, each in spec["channels"].items() if each["address"] == ingest}
    for operation in spec["operations"].values():
        if operation["channel"]["$ref"] in channels:
            operation["action"] = "receive"
    return spec


def _with_keys(spec: dict[str, Any], connection: Connection) -> dict[str, Any]:
    keys = {connection.names.of(topic): topic.key for topic in ALL}
    for channel in spec["channels"].values():
        key = {"type": "string", "description": keys[channel["address"]]}
        for message in channel["messages"].values():
            named = message["$ref"].rpartition("/")[2]
            kafka = {"key": key, "bindingVersion": "0.5.0"}
            spec["components"]["messages"][named]["bindings"] = {"kafka": kafka}
    return spec


def _table(name: str, schema: dict[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code></td><td>{escape(_kind(shape))}</td>"
        f"<td>{'required' if field in required else ''}</td>"
        f"<td>{_inline(shape.get('description', ''))}</td></tr>"
        for field, shape in schema["properties"].items()
    )
    return (
        f"<section id='{escape(name)}'><h3>{escape(name)}</h3>"
        f"{_prose(schema.get('description', ''))}<table>{rows}</table></section>"
    )


def _prose(text: str) -> str:
    """Paragraphs, with what stands between backticks as code."""
    return "".join(f"<p>{_inline(part)}</p>" for part in text.split("\n\n") if part.strip())


def _inline(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(" ".join(text.split())))


def _kind(shape: dict[str, Any]) -> str:
    """The type of a field in a word or two."""
    if "$ref" in shape:
        return str(shape["$ref"]).rpartition("/")[2]
    if "anyOf" in shape:
        return " or ".join(_kind(part) for part in shape["anyOf"])
    if "enum" in shape:
        return ", ".join(str(value) for value in shape["enum"])
    kind = str(shape.get("format") or shape.get("type", "any"))
    return f"{kind} of {_kind(shape['items'])}" if isinstance(shape.get("items"), dict) else kind


_BODY = """<h1>Sluice {version}: public topics</h1>{about}
<p><a href="/asyncapi.json">The AsyncAPI document</a> · <a href="/docs">The REST API</a></p>
{channels}<h2>Bodies</h2>{bodies}"""
