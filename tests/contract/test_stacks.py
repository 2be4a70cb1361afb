"""Files of one picture: one hit in a search, and moved together or not at all."""

from typing import Any
from uuid import uuid4

import pytest

from tests.contract.conftest import Contract
from tests.contract.test_frontend import API, ended
from tests.support import photos

pytestmark = pytest.mark.slow


@pytest.fixture
async def album(contract: Contract) -> dict[str, str]:
    """By name, the ids of the points of a RAW, its JPEG, what was edited of it, and another photo."""
    name = f"stacks{uuid4().hex[:8]}"
    folder = contract.home / name
    folder.mkdir()
    (folder / "IMG_1.dng").write_bytes(photos.dng())
    (folder / "img_1.JPG").write_bytes(photos.jpeg(640, 480))
    (folder / "IMG_1-edited.jpg").write_bytes(photos.jpeg(320, 240))
    (folder / "IMG_2.png").write_bytes(photos.png(320, 200))
    body = {"collection_name": name}
    assert (await contract.browser.post(f"{API}/collections", json=body)).is_success
    assert (await contract.browser.post(f"{API}/collections/select", json=body)).is_success
    answer = await contract.browser.post(f"{API}/ingest/", json={"directory_path": str(folder)})
    assert (await ended(contract.browser, answer.json()["job_id"]))["status"] == "completed"
    return {hit["payload"]["filename"]: hit["id"] for hit in await found(contract, stacks="all")}


async def found(contract: Contract, **body: Any) -> list[dict[str, Any]]:
    hits: list[dict[str, Any]] = (await contract.browser.post(f"{API}/search", json=body)).json()["results"]
    return hits


def names(hits: list[dict[str, Any]]) -> set[str]:
    return {hit["payload"]["filename"] for hit in hits}


async def test_a_search_has_one_hit_a_stack(contract: Contract, album: dict[str, str]) -> None:
    by_image = {"file": ("q.jpg", photos.jpeg())}

    assert len(album) == 4
    assert names(await found(contract)) == {"IMG_1.dng", "IMG_2.png"}
    assert names(await found(contract, like=album["IMG_2.png"])) == {"IMG_1.dng"}
    for stacks, hits in (("cover", 2), ("all", 4)):
        answer = await contract.browser.post(f"{API}/search/image?stacks={stacks}", files=by_image)
        assert answer.is_success, answer.text
        assert len(answer.json()["results"]) == hits


async def test_of_a_selection_the_whole_stack_is_archived(contract: Contract, album: dict[str, str]) -> None:
    body = {"point_ids": [album["img_1.JPG"]]}

    rehearsed = await contract.browser.post(f"{API}/curation/archive-selection?dry_run=true", json=body)
    archived = await contract.browser.post(f"{API}/curation/archive-selection", json=body)

    wanted = {"IMG_1.dng", "img_1.JPG", "IMG_1-edited.jpg"}
    for answer in (rehearsed, archived):
        assert {each["path"].rpartition("/")[2] for each in answer.json()["archived"]} == wanted
    assert names(await found(contract, stacks="all")) == {"IMG_2.png"}
    archive_id = archived.json()["archive_id"]
    assert (await contract.browser.post(f"{API}/archives/{archive_id}/restore")).is_success
    assert names(await found(contract)) == {"IMG_1.dng", "IMG_2.png"}
