"""The service as a stage of a process: on a real loopback socket."""

import asyncio
import os
import signal
import socket
import subprocess
import sys

import httpx
import pytest
from fastapi import FastAPI
from uvicorn.importer import import_from_string

from libs.common.errors import Code, SluiceError
from libs.common.runtime.service import Health
from services.ml.app import build
from services.ml.settings import MLServiceSettings
from tests.support.waiting import LIMIT_S


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def state_of(health: Health) -> str:
    return health.state


async def until_ready(health: Health) -> None:
    while health.state != "ready":
        await asyncio.sleep(0.01)


async def test_it_serves_until_stopped_and_leaves_the_signals_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    service = build(MLServiceSettings(port=(port := free_port())))
    assert service.stage == "ml"
    assert state_of(service.health) == "starting"
    running = asyncio.create_task(service.run(stop := asyncio.Event()))
    async with asyncio.timeout(LIMIT_S):
        await until_ready(service.health)
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
        assert signal.getsignal(signal.SIGINT) is before
        stop.set()
        await running
    assert state_of(service.health) == "stopped"


async def test_a_busy_port_is_one_clear_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SluiceError, match=f"port {port} is in use") as refused:
            await build(MLServiceSettings(port=port)).run(asyncio.Event())
    assert refused.value.code == Code.PORT_BUSY


def test_importing_the_app_reads_no_environment() -> None:
    program = "import services.ml; print(type(services.ml.app).__name__)"
    environment = os.environ | {"PORT": "not a number"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "FastAPI"


def test_uvicorn_finds_the_app_by_its_name() -> None:
    assert isinstance(import_from_string("services.ml:app"), FastAPI)
