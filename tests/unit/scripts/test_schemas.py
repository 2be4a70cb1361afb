"""Public bodies only ever grow, and what is committed is what the code has."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest

from libs.common import events
from scripts import schemas
from scripts.schema_changes import changes

RELEASED = sorted((Path(__file__).parents[2] / "corpus").glob("*/schemas"))


class Body(msgspec.Struct):
    """What the comparison is tried on."""

    name: str
    state: events.JobState
    counts: events.Counts
    size: int = 0
    words: list[str] = []
    error: str | None = None


def schema(kind: Any) -> dict[str, Any]:
    return msgspec.json.schema(kind)


def body(made: dict[str, Any]) -> dict[str, Any]:
    return dict(made["$defs"]["Body"])


OLD = schema(Body)


def changed(**properties: Any) -> dict[str, Any]:
    """The schema of Body with these properties instead; None takes one away."""
    new = deepcopy(OLD)
    for name, value in properties.items():
        if value is None:
            del new["$defs"]["Body"]["properties"][name]
        else:
            new["$defs"]["Body"]["properties"][name] = value
    return new


def test_the_committed_schemas_are_those_of_the_code() -> None:
    assert schemas.outdated() == [], "run: python -m scripts.schemas"


def test_there_is_a_release_to_compare_with() -> None:
    assert RELEASED


@pytest.mark.parametrize("released", [*RELEASED, schemas.FOLDER], ids=lambda path: path.parent.name)
def test_no_body_has_changed_in_a_way_that_breaks_others(released: Path) -> None:
    assert schemas.incompatible(released) == []


def test_the_same_is_no_change() -> None:
    assert changes(OLD, deepcopy(OLD)) == []


def test_a_new_optional_field_is_fine() -> None:
    assert changes(OLD, changed(tomorrow={"type": "string", "default": ""})) == []


@pytest.mark.parametrize(
    "shape",
    [
        {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 0},
        {"type": "number", "default": 0},
        {"default": 0},
    ],
)
def test_a_wider_type_is_fine(shape: dict[str, Any]) -> None:
    assert changes(OLD, changed(size=shape)) == []


def test_a_further_enum_value_is_fine() -> None:
    new = deepcopy(OLD)
    body(new)["properties"]["state"]["enum"].append("resting")
    assert changes(OLD, new) == []


def test_a_field_that_is_gone_is_named() -> None:
    assert changes(OLD, changed(words=None)) == ["words is gone"]


@pytest.mark.parametrize(
    ("name", "shape", "what"),
    [
        ("name", {"type": "integer"}, "name may no longer be string"),
        ("name", {"type": "string", "maxLength": 9}, "name has a tighter maxLength"),
        ("name", {"type": "string", "format": "uuid"}, "name has another format"),
        ("name", {"type": "string", "pattern": "a+"}, "name has another pattern"),
        ("name", {"enum": ["a"]}, "name takes only certain values now"),
        ("size", {"type": "integer", "minimum": 1, "default": 0}, "size has a tighter minimum"),
        ("size", {"type": "integer", "default": 5}, "size has another default"),
        ("error", {"type": "string", "default": None}, "error may no longer be null"),
        (
            "words", {"type": "array", "items": {"type": "integer"}, "default": []},
            "words[] may no longer be string",
        ),
    ],
)  # fmt: skip
def test_a_narrower_type_is_named(name: str, shape: dict[str, Any], what: str) -> None:
    assert changes(OLD, changed(**{name: shape})) == [what]


def test_an_enum_value_that_is_gone_is_named() -> None:
    new = deepcopy(OLD)
    body(new)["properties"]["state"]["enum"].remove("paused")
    assert changes(OLD, new) == ["state may no longer be 'paused'"]


def test_a_new_required_field_is_named() -> None:
    new = deepcopy(OLD)
    body(new)["required"].append("size")
    assert changes(OLD, new) == ["size is required now"]


def test_a_field_that_readers_rely_on_stays_required() -> None:
    new = deepcopy(OLD)
    body(new)["required"].remove("name")
    assert changes(OLD, new) == ["name may be missing now"]


def test_a_change_inside_a_referenced_body_is_named_by_its_place() -> None:
    new = deepcopy(OLD)
    del new["$defs"]["Counts"]["properties"]["skipped"]
    assert changes(OLD, new) == ["counts.skipped is gone"]


def test_a_body_closed_to_unknown_fields_is_named() -> None:
    new = deepcopy(OLD)
    new["$defs"]["Body"]["additionalProperties"] = False
    assert changes(OLD, new) == ["the body no longer takes unknown fields"]


def test_an_event_that_is_gone_is_named_and_a_further_one_is_fine() -> None:
    fewer = schema(events.Accepted | events.Listed)
    more = schema(events.Accepted | events.Listed | events.Finished | events.JobError)
    assert changes(fewer, more) == []
    assert changes(more, fewer) == [
        "the body may no longer be the event error",
        "the body may no longer be the event finished",
    ]


def test_a_removed_field_of_one_event_is_found_among_the_others() -> None:
    old = schema(events.JobEvent)
    new = deepcopy(old)
    del new["$defs"]["Finished"]["properties"]["stored"]
    assert changes(old, new) == ["stored is gone"]


def test_an_incompatible_change_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, made in schemas.schemas():
        made["$defs"] = json.loads(json.dumps(made["$defs"]).replace('"file_id"', '"file_number"'))
        (tmp_path / f"{name}.json").write_text(schemas.text(made))
    monkeypatch.setattr(schemas, "FOLDER", tmp_path)
    monkeypatch.setattr("sys.argv", ["schemas.py"])
    before = (tmp_path / "dead-letter.json").read_text()
    assert schemas.main() == 1
    assert (tmp_path / "dead-letter.json").read_text() == before
