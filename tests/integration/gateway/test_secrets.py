"""What the gateway keeps to itself, also while it tells everything it does."""

from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.support import photos
from tests.support.broker import Broker
from tests.support.gateway_process import gateway_process
from tests.support.qdrant import qdrant_http
from tests.support.system import new_collection
from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow

SECRETS = {
    "API_KEY": "key-of-callers-5b1f",
    "QDRANT_API_KEY": "key-of-the-store-77aa",
    "ML_API_KEY": "key-of-the-model-c3c3",
}


async def test_no_key_is_in_a_log_or_an_answer(kafka: Broker, prefix: str, tmp_path: Path) -> None:
    key = {"x-api-key": SECRETS["API_KEY"]}
    async with (
        qdrant_http(tmp_path / "qdrant") as store,
        gateway_process(
            kafka.bootstrap_servers, prefix, store.port, tmp_path / "one", LOG_LEVEL="DEBUG", **SECRETS
        ) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=LIMIT_S) as client,
        httpx.AsyncClient(base_url=gateway.url, timeout=LIMIT_S, headers=key) as friend,
    ):
        await new_collection(friend, f"c{uuid4().hex[:8]}")
        answers = [
            await client.get("/api/v1/collections"),
            await client.get("/api/v1/collections", headers={"x-api-key": "wrong"}),
            await client.get("/openapi.json"),
            await friend.get("/readyz"),
            await friend.get("/api/v1/capabilities"),
            await friend.post("/api/v1/search/image", files={"file": photos.jpeg(64, 48)}),
        ]

    assert [answer.status_code for answer in answers] == [401, 401, 200, 200, 200, 503]
    reported = gateway.log.read_text() + "".join(answer.text + str(answer.headers) for answer in answers)
    assert len(reported) > 1000
    assert [secret for secret in SECRETS.values() if secret in reported] == []
