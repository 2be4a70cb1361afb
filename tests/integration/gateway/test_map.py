"""The map of a collection, as the page and the scripts of existing clients ask for it."""

from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pytest

from libs.common.store.protocol import Point, Store
from services.gateway.maps.maps import MOST

pytestmark = pytest.mark.slow

COUNT, SIZE = 60, 16


@pytest.fixture(scope="module")
async def collection(gateway: httpx.AsyncClient, store: Store) -> str:
    name = "mapped"
    made = await gateway.post("/api/v1/collections", json={"collection_name": name, "vector_size": SIZE})
    assert made.status_code == 201
    await gateway.post("/api/v1/collections/select", json={"collection_name": name})
    await store.upsert(name, points(COUNT))
    return name


def points(count: int) -> list[Point]:
    random = np.random.default_rng(3)
    directions = random.normal(size=(3, SIZE))
    return [
        Point(
            str(uuid4()),
            [float(x) for x in directions[number % 3] + 0.05 * random.normal(size=SIZE)],
            {"filename": f"{number}.jpg", "caption": f"number {number}", "thumbnail_base64": "/9j/"},
        )
        for number in range(count)
    ]


async def projection(gateway: httpx.AsyncClient, **params: Any) -> dict[str, Any]:
    """On a busy machine it is ready later than a request waits, and then found by the next one."""
    while (answer := await gateway.get("/umap/projection", params=params)).status_code == 503:
        assert answer.json()["code"] == "map_pending"
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.usefixtures("collection")
async def test_the_map_has_what_the_page_reads(gateway: httpx.AsyncClient) -> None:
    body = await projection(gateway, sample_size=500)
    assert body["collection"] == "mapped"
    assert body["clustering_info"] is None
    assert len(body["points"]) == COUNT
    assert {"id", "x", "y", "thumbnail_base64", "filename", "caption"} <= body["points"][0].keys()


@pytest.mark.usefixtures("collection")
async def test_a_sample_a_box_and_the_whole_can_be_asked_for(gateway: httpx.AsyncClient) -> None:
    assert len((await projection(gateway, sample_size=20))["points"]) == 20
    whole = (await projection(gateway, full="true"))["points"]
    assert len(whole) == COUNT <= MOST
    right = (await projection(gateway, full="true", bbox="0,-100,100,100"))["points"]
    assert [each["id"] for each in right] == [each["id"] for each in whole if each["x"] >= 0]


@pytest.mark.usefixtures("collection")
async def test_clusters_have_what_the_page_reads_and_keep_their_names(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient
) -> None:
    named = await gateway.post("/umap/cluster_label", json={"cluster_id": 1, "label": "beaches"})
    assert (named.status_code, named.content) == (204, b"")
    await projection(second, sample_size=500)
    answer = await second.post(
        "/umap/projection_with_clustering?sample_size=500",
        json={"algorithm": "kmeans", "n_clusters": 3},
    )
    body = answer.json()
    info = body["clustering_info"]
    assert (info["algorithm"], info["n_clusters"], info["n_outliers"]) == ("kmeans", 3, 0)
    assert info["silhouette_score"] > 0.5
    assert info["parameters"] == {"n_clusters": 3}
    assert sorted(each["size"] for each in info["clusters"].values()) == [20, 20, 20]
    assert info["clusters"]["1"]["label"] == "beaches"
    assert {each["cluster_id"] for each in body["points"]} == {0, 1, 2}
    assert not any(each["is_outlier"] for each in body["points"])


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/umap/projection?bbox=1,2,3", None, 400),
        ("/umap/projection?sample_size=0", None, 422),
        ("/umap/projection_with_clustering", {"algorithm": "magic"}, 422),
        ("/umap/cluster_label", {"cluster_id": 0, "label": "x" * 201}, 422),
    ],
)
@pytest.mark.usefixtures("collection")
async def test_what_makes_no_sense_is_refused_in_a_sentence(
    gateway: httpx.AsyncClient, path: str, body: dict[str, Any] | None, status: int
) -> None:
    answer = await (gateway.get(path) if body is None else gateway.post(path, json=body))
    assert answer.status_code == status
    assert isinstance(answer.json()["detail"], str)


async def test_the_map_follows_the_collection(
    gateway: httpx.AsyncClient, store: Store, collection: str
) -> None:
    before = await projection(gateway)
    assert await projection(gateway) == before
    await store.upsert(collection, points(5))
    assert len((await projection(gateway))["points"]) == len(before["points"]) + 5
