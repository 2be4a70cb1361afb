"""A task whose upserter is killed in the middle, as processes: broker, store, upserter."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from libs.common.ids import file_id
from libs.common.store.protocol import Point
from libs.common.store.server.store import ServerStore
from tests.support.broker import Broker
from tests.support.gateway import gateway_settings, running_gateway
from tests.support.qdrant import HOST, qdrant_http
from tests.support.waiting import LIMIT_S

API = "/api/v1"
POINTS, SIZE = 3_000, 512


@asynccontextmanager
async def upserter(environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m services.upserter`; killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.upserter", env={**os.environ, **environment}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def fill(store: ServerStore) -> set[frozenset[str]]:
    """Points of which every tenth is a near copy of the one before; the pairs, by brute force."""
    random = np.random.default_rng(5)
    rows = random.normal(size=(POINTS, SIZE))
    rows[9::10] = rows[8::10] + 0.05 * random.normal(size=rows[9::10].shape)
    names = [f"/photos/{n}.jpg" for n in range(POINTS)]
    ids = [file_id("c", name.encode()) for name in names]
    for start in range(0, POINTS, 100):
        await store.upsert(
            "c",
            [
                Point(ids[n], rows[n].tolist(), {"filename": f"{n}.jpg", "full_path": names[n]})
                for n in range(start, start + 100)
            ],
        )
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    first, second = np.nonzero(np.triu(units @ units.T >= 0.98, k=1))
    return {frozenset((ids[a], ids[b])) for a, b in zip(first, second, strict=True)}


async def report(client: httpx.AsyncClient, task_id: str, **params: Any) -> dict[str, Any]:
    answer = await client.get(f"{API}/duplicates/report/{task_id}", params=params)
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


async def groups(client: httpx.AsyncClient, task_id: str) -> set[frozenset[str]]:
    """All groups, page by page."""
    found, cursor = set(), None
    while True:
        page = await report(client, task_id, limit=200, **({"cursor": cursor} if cursor else {}))
        found |= {frozenset(each["id"] for each in group["points"]) for group in page["results"]}
        cursor = page["next"]
        if cursor is None:
            return found


@pytest.mark.slow
async def test_a_task_whose_upserter_is_killed_is_begun_anew_with_the_right_result(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    async with qdrant_http(tmp_path / "qdrant") as server:
        store = ServerStore(HOST, server.port)
        settings = gateway_settings(kafka.bootstrap_servers, prefix, tmp_path / "gateway")
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers, "TOPIC_PREFIX": prefix,
            "TOPIC_PARTITIONS": "4", "KAFKA_SESSION_SECONDS": "6", "DATA_DIR": str(tmp_path / "upserter"),
            "QDRANT_HOST": HOST, "QDRANT_PORT": str(server.port),
        }  # fmt: skip
        async with running_gateway(settings, store) as client:
            await client.post(f"{API}/collections", json={"collection_name": "c"})
            await client.post(f"{API}/collections/select", json={"collection_name": "c"})
            expected = await fill(store)
            task_id = (await client.post(f"{API}/duplicates/find-similar", json={})).json()["task_id"]
            progress: list[float] = []

            async def follow(wanted: float) -> dict[str, Any]:
                async with asyncio.timeout(LIMIT_S):
                    while True:
                        now = await report(client, task_id)
                        progress.append(now["progress"])
                        if now["progress"] >= wanted:
                            return now
                        await asyncio.sleep(0.01)

            async with upserter(environment) as killed:
                begun = await follow(1.0)
                killed.kill()
                await killed.wait()
            async with upserter(environment | {"INSTANCE": "second"}):
                over = await follow(100.0)
            found = await groups(client, task_id)
        await store.close()

    assert begun["status"] == "running"
    assert over["status"] == "completed"
    assert progress == sorted(progress)
    assert len(expected) == POINTS // 10
    assert found == expected
