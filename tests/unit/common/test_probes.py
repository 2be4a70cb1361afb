"""What a stage's probes say, over real HTTP and, once, of a real process."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from libs.common.errors import Code, SluiceError
from libs.common.http.metrics import exposition, health_metrics
from libs.common.http.probes import STUCK_SECONDS, UNHEARD_SECONDS, probed
from libs.common.http.serving import listen
from libs.common.runtime.service import Health, Work, WorkingOn
from tests.support.system import free_port
from tests.support.waiting import LIMIT_S


async def requested(port: int, path: str) -> tuple[int, dict[str, Any]]:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}{path}")
    return answer.status_code, json.loads(answer.text)


async def both(health: Health) -> tuple[int, int, str | None]:
    """What /livez and /readyz answer, and the reason of the latter."""
    port = free_port()
    async with probed(port, health):
        alive, _ = await requested(port, "/livez")
        ready, body = await requested(port, "/readyz")
        return alive, ready, body["reason"]


async def test_a_stage_that_starts_is_alive_but_not_ready() -> None:
    assert await both(Health()) == (200, 503, "it is starting")


async def test_a_stage_that_works_is_both() -> None:
    health = Health()
    health.ready()
    health.received()
    assert await both(health) == (200, 200, None)


async def test_a_stage_that_waits_says_for_what() -> None:
    health = Health()
    health.waiting("the ML service is away")
    assert await both(health) == (200, 503, "the ML service is away")


async def test_a_stage_that_nobody_hears_is_alive_but_not_ready() -> None:
    health = Health()
    health.ready()
    health.received_at = time.monotonic() - UNHEARD_SECONDS - 5
    alive, ready, reason = await both(health)
    assert (alive, ready) == (200, 503)
    assert reason is not None
    assert "have not taken its heartbeat" in reason


@pytest.mark.parametrize("state", ["ready", "waiting"])
async def test_a_consumer_that_is_stuck_asks_for_a_restart(state: str) -> None:
    health = Health()
    health.ready() if state == "ready" else health.waiting("something")
    health.alive_at = time.monotonic() - STUCK_SECONDS - 5
    alive, ready, _ = await both(health)
    assert (alive, ready) == (503, 503)


async def test_a_stage_is_scraped_where_it_is_probed() -> None:
    health = Health(records=7)
    health.ready()
    port = free_port()
    async with probed(port, health), httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert 'sluice_stage_state{state="ready"} 1.0' in lines
    assert 'sluice_stage_state{state="waiting"} 0.0' in lines
    assert "sluice_stage_records_total 7.0" in lines
    assert "sluice_stage_held_records 0.0" in lines
    assert any(line.startswith("process_resident_memory_bytes ") for line in lines)


async def test_nothing_listens_without_a_port() -> None:
    async with probed(None, Health()):
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "probes"]


async def test_a_busy_port_names_the_setting() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(SluiceError) as refusal:
        async with probed(taken.getsockname()[1], Health()):
            pass
    assert refusal.value.code is Code.PORT_BUSY
    assert "HEALTH_PORT" in refusal.value.detail


async def test_a_stage_without_kafka_waits_says_so_and_obeys_sigterm(tmp_path: Path) -> None:
    port, nowhere = free_port(), f"127.0.0.1:{free_port()}"
    env = {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": nowhere,
        "HEALTH_PORT": str(port),
        "DATA_DIR": str(tmp_path),
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.scanner", env=env)
    try:
        reason = await waiting_reason(port)
        assert reason.startswith("waiting for Kafka")
        assert (await requested(port, "/livez"))[0] == 200
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def waiting_reason(port: int) -> str:
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                status, body = await requested(port, "/readyz")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            assert status == 503
            if body["reason"] != "it is starting":
                return str(body["reason"])
            await asyncio.sleep(0.05)


def test_a_scrape_tells_how_long_the_oldest_file_is_worked_on() -> None:
    hung = WorkingOn("j", "f", "/photos/hangs.jpg", since=time.monotonic() - 30, tries=0)
    text = exposition(health_metrics(Health(work=lambda: Work(4, (hung,))))).decode()
    assert "sluice_stage_held_records 4.0" in text
    (age,) = re.findall(r"^sluice_stage_oldest_file_seconds (\S+)$", text, flags=re.MULTILINE)
    assert float(age) >= 30
