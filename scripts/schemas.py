"""Writes schemas/*.json, the JSON Schemas of the public bodies: `python -m scripts.schemas [--check]`.

Refuses to write a change that a program made for the schemas as they are could not live with.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from libs.common import events
from libs.common.errors import Code
from scripts.schema_changes import PATTERNS, Schema, changes

FOLDER = Path(__file__).resolve().parent.parent / "schemas"

BODIES: Mapping[str, Any] = {
    "scan-request": events.ScanRequest,
    "job-event": events.JobEvent,
    "job-snapshot": events.JobSnapshot,
    "heartbeat": events.Heartbeat,
    "dead-letter": events.DeadLetter,
    "decision": events.Decision,
    "library": events.Library,
}

_DIALECT = "http://json-schema.org/draft-07/schema#"
"""What validators, AJV among them, take without being told; nothing here needs a later one."""
# Any release may add codes, so no reader should be made for a closed list of them.
_ANY_CODE = {
    "title": Code.__name__,
    "description": "What went wrong, in a word. Releases add more: take one you do not know as any other.",
    "type": "string",
    "pattern": "^[a-z_]+$",
}


def schemas() -> Iterator[tuple[str, Schema]]:
    """Each public body's name and schema, as the code has it now."""
    for name, body in BODIES.items():
        # As JSON has it: a default may be a tuple.
        made = json.loads(json.dumps(msgspec.json.schema(body)))
        if Code.__name__ in made["$defs"]:
            made["$defs"][Code.__name__] = _ANY_CODE
        yield name, strict({"$schema": _DIALECT, "title": name} | made)


def strict(schema: Schema) -> Schema:
    """The schema with the rules that msgspec cannot say, without what strict validators refuse to read."""
    if request := schema["$defs"].get(events.ScanRequest.__name__):
        request["allOf"] = [_VERSIONS, {"oneOf": [_source(field) for field in _SOURCES]}]
    schema.pop("discriminator", None)
    _plain(schema)
    return schema


_VERSIONS = {
    "type": "object",
    "properties": {"version": {"enum": [events.VERSION, events.REQUEST_VERSION]}},
}


_SOURCES = {"directory_path": "string", "retry_of": "string", "source": "object"}
"""The fields of a request that say what it is over, and of which type they are."""


def _source(field: str) -> Schema:
    """One source of a job, and none of the others; null is as good as absent."""
    kinds = {name: {"type": kind if name == field else "null"} for name, kind in _SOURCES.items()}
    return {"type": "object", "properties": kinds, "required": [field]}


def _plain(node: Any) -> None:
    """A pattern in place of a format, which a validator without plugins does not know.

    Descriptions without the indentation of the code, which Python leaves in docstrings before 3.13.
    """
    if isinstance(node, dict):
        if isinstance(description := node.get("description"), str):
            node["description"] = cleandoc(description)
        if pattern := PATTERNS.get(str(node.get("format"))):
            node |= {"pattern": pattern}
            del node["format"]
        for each in node.values():
            _plain(each)
    elif isinstance(node, list):
        for each in node:
            _plain(each)


def incompatible(folder: Path) -> list[str]:
    """What a program made for the schemas in `folder` could not live with; empty if it can go on."""
    found = []
    for name, schema in schemas():
        path = folder / f"{name}.json"
        if path.exists():
            found += [f"{name}: {change}" for change in changes(json.loads(path.read_text()), schema)]
    return found


def text(schema: Schema) -> str:
    """The schema as it is committed."""
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def outdated() -> list[str]:
    """The names of the schemas whose file is not as the code has it."""
    return [
        name
        for name, schema in schemas()
        if not (path := FOLDER / f"{name}.json").exists() or path.read_text() != text(schema)
    ]


def main() -> int:
    """Write the schemas, or with --check say whether they are as the code has them."""
    wrong = incompatible(FOLDER) or ("--check" in sys.argv and outdated())
    if wrong:
        sys.stderr.write("\n".join(wrong) + "\n")
        return 1
    if "--check" not in sys.argv:
        for name, schema in schemas():
            (FOLDER / f"{name}.json").write_text(text(schema))
    return 0


if __name__ == "__main__":
    sys.exit(main())
