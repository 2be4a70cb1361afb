"""One photo followed over five processes, by the headers of every topic that it passes."""

import json
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.ml.app import build as build_ml
from services.ml.settings import MLServiceSettings
from tests.chaos.replicas import Replica
from tests.support import photos
from tests.support.broker import Broker
from tests.support.qdrant import qdrant_http
from tests.support.serving import running
from tests.support.system import finished, free_port, new_collection, submit
from tests.support.waiting import LIMIT_S, until

STAGES = ("gateway", "scanner", "processor", "inferencer", "upserter")
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.slow
async def test_a_photo_is_one_trace_from_the_call_to_its_point(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    folder, spans, port, ml_port = tmp_path / "photos", tmp_path / "spans", free_port(), free_port()
    folder.mkdir()
    (folder / "one.jpg").write_bytes(photos.jpeg(320, 240))
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(qdrant_http(tmp_path / "store"))
        await stack.enter_async_context(running(build_ml(MLServiceSettings(port=ml_port, ml_model="lite"))))
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
            "TOPIC_PREFIX": prefix,
            "TOPIC_PARTITIONS": "2",
            "QDRANT_HOST": "127.0.0.1",
            "QDRANT_PORT": str(store.port),
            "QDRANT_TIMEOUT_SECONDS": "120",
            "ML_INFERENCE_SERVICE_URL": f"http://127.0.0.1:{ml_port}",
            "SCAN_ROOTS": str(folder),
            "UPLOAD_DIR": str(tmp_path / "uploads"),
            "DECODE_WORKERS": "1",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "TRACE_RATIO": "1",
            "TRACE_FILE": str(spans),
        }
        replicas = [Replica(stage, stage, tmp_path, environment) for stage in STAGES]
        for replica in replicas:
            await replica.start()
            stack.push_async_callback(replica.end, signal.SIGTERM)
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", timeout=LIMIT_S, headers={"traceparent": CALLER}
            )
        )

        async def ready() -> bool:
            assert not [each.last_words() for each in replicas if each.ended_by_itself is not None]
            try:
                answer = await client.get("/api/v1/capabilities")
            except httpx.TransportError:
                return False
            return answer.status_code == 200 and bool(answer.json()["is_ready_for_ingestion"])

        await until(ready)
        await new_collection(client, "photos")
        job = await finished(client, await submit(client, folder))
    assert job["processed_files"] == 1

    found = [json.loads(line) for line in spans.read_text().splitlines()]
    point = next(span for span in found if span["name"] == f"upserter {prefix}ml-results")
    assert [span["name"] for span in way_to(point, found)] == [
        "POST /api/v1/ingest/",
        "scanner ingest",
        "scanner paths",
        f"processor {prefix}paths",
        f"inferencer {prefix}images",
        f"upserter {prefix}ml-results",
    ]
    services = {span["resource"]["attributes"]["service.name"] for span in way_to(point, found)}
    assert services == {f"sluice-{stage}" for stage in STAGES}
    assert {span["context"]["trace_id"] for span in found} == {f"0x{CALLER.split('-')[1]}"}


def way_to(span: dict[str, Any], found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The span and all above it, from the first one."""
    above = next((each for each in found if each["context"]["span_id"] == span["parent_id"]), None)
    return [*(way_to(above, found) if above else ()), span]
