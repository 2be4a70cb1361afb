"""A key for one collection, tried on every call that reads: nothing of another collection comes back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from libs.common.events import Accepted
from libs.common.kafka.outgoing import event
from libs.common.kafka.publisher import Publisher
from libs.common.store.protocol import Point, Store
from services.gateway.settings import GatewaySettings
from tests.support.gateway import running_gateway
from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow

API = "/api/v1"
OWN, OTHER = "holiday", "confidential"
ADMIN, FRIEND = "the-key-of-the-owner", "the-key-of-a-friend"
KEYS = f"""
[keys.owner]
key = "{ADMIN}"
scope = "admin"

[keys.friend]
key = "{FRIEND}"
scope = "read"
collections = ["{OWN}"]
"""
STREAMS = ("/ingest/events", "/docs", "/openapi.json", "/asyncapi")
"""Calls that do not end, and documents of the API itself."""


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = tmp_path_factory.mktemp("keys") / "keys.toml"
    file.write_text(KEYS)
    file.chmod(0o600)
    return {"api_keys_file": file}


@pytest.fixture
async def friend(settings: GatewaySettings, store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the limited key, where another collection is active and has a job and a point."""
    async with running_gateway(settings, store) as client:
        owner = {"x-api-key": ADMIN}
        for name in (OWN, OTHER):
            body = {"collection_name": name, "vector_size": 4}
            assert (await client.post(f"{API}/collections", json=body, headers=owner)).is_success
        await client.post(f"{API}/collections/select", json={"collection_name": OTHER}, headers=owner)
        client.headers["x-api-key"] = FRIEND
        yield client


async def test_no_call_tells_of_a_collection_that_the_key_is_not_for(
    friend: httpx.AsyncClient, publisher: Publisher, store: Store, tmp_path: Path
) -> None:
    job_id = str(uuid4())
    payload = {"filename": "secret.jpg", "full_path": "/p/secret.jpg"}
    stored = Point(str(uuid4()), [1.0, 0.0, 0.0, 0.0], payload)
    await store.upsert(OTHER, [stored])
    folder = str(tmp_path)
    accepted = Accepted(job_id=job_id, collection=OTHER, partition=0, offset=0, directory_path=folder)
    await publisher.publish([event(accepted)])
    values = {"name": OTHER, "job_id": job_id, "image_id": stored.id, "point_id": stored.id}
    document = (await friend.get("/openapi.json")).json()
    tried = 0
    for path, calls in document["paths"].items():
        if "get" not in calls or path.endswith(STREAMS):
            continue
        url = path
        for parameter in calls["get"].get("parameters", ()):
            if parameter["in"] == "path":
                filled = values.get(parameter["name"], str(uuid4()))
                url = url.replace("{" + parameter["name"] + "}", filled)
        answer = await friend.get(url, params={"fields": "format"}, timeout=LIMIT_S)
        tried += 1
        # What the caller named itself may stand in the answer.
        assert OTHER in url or OTHER not in answer.text, (url, answer.status_code, answer.text)
        assert "secret.jpg" not in answer.text, (url, answer.text)
        if "{name}" in path:
            assert answer.status_code == 403, (url, answer.status_code, answer.text)
    assert tried > 20
    named = await friend.post("/api/v1/search", json={"collection": OTHER}, timeout=LIMIT_S)
    assert (named.status_code, named.json()["code"]) == (403, "forbidden_by_key")
