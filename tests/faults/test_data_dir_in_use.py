"""A stage whose DATA_DIR another process keeps: refused with one line."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from libs.common.runtime.lock import DirLock
from tests.support.broker import Broker
from tests.support.system import free_port

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("stage", ["scanner", "processor", "gateway"])
async def test_a_second_one_is_refused_with_one_line(
    kafka: Broker, prefix: str, tmp_path: Path, stage: str
) -> None:
    environment = {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "TOPIC_PREFIX": prefix,
        "DATA_DIR": str(tmp_path),
        "UPLOAD_DIR": str(tmp_path / "uploads"),
        "QDRANT_HOST": "127.0.0.1",
        "QDRANT_PORT": str(free_port()),
        "PORT": str(free_port()),
        "LOG_LEVEL": "ERROR",
    }
    with DirLock(tmp_path / stage):
        second = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"services.{stage}"), env=environment, stderr=asyncio.subprocess.PIPE
        )
        _, message = await asyncio.wait_for(second.communicate(), 60)
    assert second.returncode == 1
    last = message.decode().splitlines()[-1]
    assert f"is used by another process (pid {os.getpid()})" in last
    assert "set DATA_DIR" in last
    assert "Traceback" not in message.decode()
