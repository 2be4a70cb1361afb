"""Fields of a payload: read by kind, declared in one place."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.common.points.fields import FIELDS, INDEXES, Fields, names

PRODUCT = ("libs", "services", "cli")
PLACE = Path("libs/common/points")
WORDS = {
    "camera",
    "caption",
    "description",
    "etag",
    "filename",
    "folders",
    "format",
    "generation",
    "height",
    "iso",
    "keywords",
    "kind",
    "label",
    "lens",
    "location",
    "mode",
    "model",
    "month",
    "offset",
    "people",
    "place",
    "rating",
    "size",
    "stack",
    "tags",
    "title",
    "width",
}
"""Names of fields that are names of other things too, and words of the language."""
DOCUMENTS = {"services/gateway/api_docs/openapi.py"}
"""Where answers of the REST API are shown by example."""


def test_a_field_of_the_class_is_the_field_and_of_an_instance_its_value() -> None:
    point = Fields({"filename": "a.jpg"})
    assert Fields.filename.name == "filename"
    assert point.filename == "a.jpg"
    assert point.caption is None


def test_what_is_set_is_in_the_payload() -> None:
    point = Fields({})
    point.width, point.tags = 7, ["a"]
    assert point.payload == {"width": 7, "tags": ["a"]}


@pytest.mark.parametrize(
    ("name", "foreign"),
    [
        ("filename", 7),
        ("tags", "a"),
        ("width", "7"),
        ("width", True),
        ("width", 7.5),
        ("stored_at", "today"),
        ("has_caption", 1),
    ],
)
def test_a_value_of_another_kind_is_read_as_none(name: str, foreign: object) -> None:
    assert getattr(Fields({name: foreign}), name) is None


def test_a_whole_number_may_be_written_as_a_fraction() -> None:
    assert Fields({"width": 7.0}).width == 7
    assert Fields({"stored_at": 7}).stored_at == 7.0


def test_the_names_are_those_that_readers_of_a_collection_rely_on() -> None:
    relied_on = [
        "filename",
        "full_path",
        "file_hash",
        "caption",
        "tags",
        "width",
        "height",
        "format",
        "mode",
        "thumbnail_base64",
    ]
    assert set(relied_on) <= set(FIELDS)
    assert INDEXES["file_hash"] == "keyword"
    assert names(Fields.filename, Fields.caption) == ("filename", "caption")


def test_no_other_module_spells_a_field() -> None:
    distinct = FIELDS.keys() - WORDS
    spelled = [(str(path), text) for path in _modules() for text in _texts(path) if text in distinct]
    assert spelled == []


def _modules() -> Iterator[Path]:
    for folder in PRODUCT:
        for path in sorted(Path(folder).rglob("*.py")):
            if not path.is_relative_to(PLACE) and path.as_posix() not in DOCUMENTS:
                yield path


def _texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
