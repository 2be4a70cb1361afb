"""Writes schemas/*.json, the JSON Schemas of the public bodies: `python -m scripts.schemas [--check]`.

Refuses to write a change that a program made for the schemas as they are could not live with.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from libs.common import events
from libs.common.errors import Code
from scripts.schema_changes import Schema, changes

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

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
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
        schema = json.loads(json.dumps({"$schema": _DIALECT, "title": name} | msgspec.json.schema(body)))
        if Code.__name__ in schema["$defs"]:
            schema["$defs"][Code.__name__] = _ANY_CODE
        yield name, schema


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
