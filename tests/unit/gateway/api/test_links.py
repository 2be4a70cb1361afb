from collections.abc import Iterator
from typing import Any

from tests.support.openapi import DOCUMENT


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for operation in methods.values():
            yield path, operation


def links(path: str, method: str, status: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][f"/api/v1{path}"][method]["responses"][status]["links"]
    return found


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for _, operation in operations()]

    assert len(set(names)) == len(names)
    assert "ingestion_status" in names


def test_every_link_leads_to_an_operation_that_takes_what_it_brings() -> None:
    takes = {
        operation["operationId"]: {each["name"] for each in operation.get("parameters", ())}
        for _, operation in operations()
    }
    followed = [
        (link["operationId"], set(link["parameters"]))
        for _, operation in operations()
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]

    assert len(followed) > 50
    assert all(brought <= takes[operation] for operation, brought in followed)


def test_a_job_leads_to_its_status_and_a_search_to_its_first_image() -> None:
    status = links("/ingest", "post", "202")["ingestion_status"]
    image = links("/search", "post", "200")["images_image"]

    assert status["parameters"] == {"job_id": "$response.body#/job_id"}
    assert image["parameters"] == {"image_id": "$response.body#/results/0/id"}


def test_a_job_of_a_list_is_the_first_one() -> None:
    assert links("/ingest/jobs", "get", "200")["ingestion_status"]["parameters"] == {
        "job_id": "$response.body#/items/0/job_id"
    }
