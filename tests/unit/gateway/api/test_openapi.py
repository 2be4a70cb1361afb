import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from services.gateway.api_docs.openapi import ANSWERS
from services.gateway.api_docs.openapi_3_0 import as_3_0
from services.gateway.app import create_app
from services.gateway.settings import GatewaySettings
from tests.support.openapi import DOCUMENT


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


ALL = dict(operations())
GUARDED = {label: operation for label, operation in ALL.items() if "/api/v1/" in label}


def bodies(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every body of the operation that has a schema, with a name for it."""
    for kind, body in operation.get("requestBody", {}).get("content", {}).items():
        yield f"request {kind}", body
    for status, response in operation["responses"].items():
        for kind, body in response.get("content", {}).items():
            yield f"{status} {kind}", body


@pytest.mark.parametrize("label", ALL)
def test_every_operation_is_described_and_every_body_has_an_example_of_its_schema(label: str) -> None:
    operation = ALL[label]

    assert operation["summary"]
    assert operation["description"]
    for name, body in bodies(operation):
        if "json" not in name:
            continue
        assert "example" in body, name
        schema = {"components": DOCUMENT["components"], **body["schema"]}
        jsonschema_rs.validate(schema, body["example"])


@pytest.mark.parametrize("label", GUARDED)
def test_every_operation_tells_the_errors_that_any_request_may_meet(label: str) -> None:
    responses = GUARDED[label]["responses"]
    expected = {"401", "403", "422", "503"} | ({"408", "413"} if "requestBody" in GUARDED[label] else set())

    assert expected <= responses.keys()
    for status, response in responses.items():
        if int(status) >= 400:
            assert response["content"]["application/problem+json"]["example"]["status"] == int(status)


def test_the_key_can_be_entered_in_the_document() -> None:
    assert DOCUMENT["components"]["securitySchemes"]["ApiKey"]["name"] == "x-api-key"


def test_the_example_of_an_ingest_runs_where_the_demo_was(tmp_path: Path) -> None:
    photos = tmp_path / "demo" / "photos"
    photos.mkdir(parents=True)
    for data_dir in (tmp_path, tmp_path / "demo" / "data"):
        app = create_app()
        app.state.settings = GatewaySettings(data_dir=data_dir)
        body = app.openapi()["paths"]["/api/v1/ingest"]["post"]["requestBody"]["content"]["application/json"]
        assert body["example"] == {"directory_path": str(photos)}


def test_each_schema_has_a_name_of_its_own() -> None:
    """Two of one name come with their modules in it, and generators drop the calls that have them."""
    assert not [name for name in DOCUMENT["components"]["schemas"] if "__" in name]


def test_an_error_comes_as_a_problem_alone() -> None:
    for label, operation in GUARDED.items():
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], (label, status)


def test_in_openapi_3_0_the_same_is_said_in_its_words() -> None:
    older = as_3_0(DOCUMENT)
    assert older["paths"].keys() == DOCUMENT["paths"].keys()
    assert older["components"]["schemas"].keys() == DOCUMENT["components"]["schemas"].keys()
    text = json.dumps(older)
    assert not [word for word in ('"type": "null"', '"const"', '"contentMediaType"') if word in text]
    eps = older["components"]["schemas"]["ClusteringIn"]["properties"]["eps"]
    assert (eps["minimum"], eps["exclusiveMinimum"], eps["nullable"]) == (0, True, True)
    callback = older["components"]["schemas"]["StatusOut"]["properties"]["callback"]
    assert (callback["allOf"], callback["nullable"]) == ([{"$ref": "#/components/schemas/CallbackOut"}], True)


def test_answers_are_shown_as_a_system_gave_them() -> None:
    """Each operation that answers by JSON has one of its own: `python -m scripts.answers` records them."""
    recorded = json.loads(ANSWERS.read_text())
    for operation in ALL.values():
        answers = recorded.get(operation["operationId"], {})
        for status, response in operation["responses"].items():
            if status < "3" and "application/json" in response.get("content", {}):
                example = response["content"]["application/json"]["example"]
                assert example == answers[status], operation["operationId"]


def test_what_is_recorded_names_no_place_of_the_machine_that_recorded_it() -> None:
    text = ANSWERS.read_text()
    assert not [word for word in ("/tmp", "/home", "127.0.0.1", "localhost") if word in text]
