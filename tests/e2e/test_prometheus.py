"""The dashboard's queries and the alert rules, answered by a real Prometheus over a running system."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from libs.common.metrics.declared import ALL
from scripts.grafana import queries
from tests.chaos.replicas import Replica
from tests.support import photos
from tests.support.qdrant import qdrant_http
from tests.support.qdrant_faults import Fault
from tests.support.system import finished, free_port, new_collection, submit, system
from tests.support.waiting import LIMIT_S, until

PROMETHEUS = shutil.which("prometheus")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROMETHEUS is None, reason="needs Prometheus (Debian's package prometheus)"),
]
SCRAPED_SECONDS = 30.0
WAITING = 'sluice_stage_state{stage="inferencer",state="waiting"} == 1'
ALERTS = Path(__file__).resolve().parents[2] / "deploy" / "monitoring" / "alerts.yaml"


async def test_every_panel_and_every_alert_has_data(tmp_path: Path) -> None:
    folder, ml_port = tmp_path / "photos", free_port()
    folder.mkdir()
    for number in range(12):
        (folder / f"{number}.jpg").write_bytes(photos.jpeg(640, 480 + number))
    (folder / "slow.png").write_bytes(photos.png(8000, 6000))
    model = Replica("ml", "ml", tmp_path, {"PORT": str(ml_port), "HOST": "127.0.0.1", "ML_MODEL": "lite"})
    await model.start()
    try:
        async with (
            qdrant_http(tmp_path / "store") as store,
            system(
                tmp_path / "data",
                SCAN_ROOTS=str(folder),
                QDRANT_HOST="127.0.0.1",
                QDRANT_PORT=str(store.port),
                ML_INFERENCE_SERVICE_URL=f"http://127.0.0.1:{ml_port}",
                # Only a request finds the model gone, and counts it.
                ML_POLL_SECONDS="600",
                DECODE_TIMEOUT_SECONDS="0.2",
            ) as process,
            prometheus(tmp_path, process.base_url, f"http://127.0.0.1:{ml_port}") as asked,
            httpx.AsyncClient(base_url=process.base_url, timeout=LIMIT_S) as client,
        ):
            await new_collection(client, "photos")
            await finished(client, await submit(client, folder))
            await finished(client, await submit(client, folder, force=False))
            await store.fault(Fault("status", 4, "/points", 503))
            await model.end(signal.SIGKILL)
            job_id = await submit(client, folder, force=True)
            await until(lambda: has_data(asked, WAITING))
            await model.start()
            await finished(client, job_id)

            drawn = [query for metric in ALL for query, _ in queries(metric)]
            assert not [query for query in drawn if not await answered(asked, query)]
            (group,) = (await asked.get("/api/v1/rules")).raise_for_status().json()["data"]["groups"]
            declared = yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]
            healthy = {each["alert"]: "ok" for each in declared}
            assert {rule["name"]: rule["health"] for rule in group["rules"]} == healthy
    finally:
        await model.end(signal.SIGKILL)


@asynccontextmanager
async def prometheus(home: Path, *targets: str) -> AsyncIterator[httpx.AsyncClient]:
    """A Prometheus that scrapes the targets every 3 s and evaluates the alerts."""
    port, hosts = free_port(), [target.removeprefix("http://") for target in targets]
    config = {
        "global": {"scrape_interval": "3s", "evaluation_interval": "3s"},
        "rule_files": [str(ALERTS)],
        "scrape_configs": [{"job_name": "sluice", "static_configs": [{"targets": hosts}]}],
    }
    (home / "prometheus.yml").write_text(yaml.safe_dump(config))
    with (home / "prometheus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            str(PROMETHEUS),
            f"--config.file={home}/prometheus.yml",
            f"--storage.tsdb.path={home}/prometheus",
            f"--web.listen-address=127.0.0.1:{port}",
            stdout=log,
            stderr=log,
        )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=LIMIT_S) as client:
            yield client
    finally:
        process.terminate()
        await process.wait()


async def answered(asked: httpx.AsyncClient, query: str) -> bool:
    """Whether a query has data, within the time that a scrape or two take."""
    try:
        await until(lambda: has_data(asked, query), SCRAPED_SECONDS)
    except TimeoutError:
        return False
    return True


async def has_data(asked: httpx.AsyncClient, query: str) -> bool:
    """Whether a query of the dashboard, over the last five minutes, has data now."""
    params = {"query": query.replace("$__rate_interval", "5m")}
    found = (await asked.get("/api/v1/query", params=params)).raise_for_status().json()
    return bool(found["data"]["result"])
