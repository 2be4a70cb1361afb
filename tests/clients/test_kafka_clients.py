"""The examples of docs/ingest-topic.md, each run by the client that it is for."""

import asyncio
import os
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from libs.common.topics import INGEST, JOB_STATUS
from tests.support.scanning import COLLECTION, Bench, open_reporter, photos
from tests.support.waiting import LIMIT_S

pytestmark = [pytest.mark.clients, pytest.mark.slow]

PAGE = Path(__file__).parents[2] / "docs" / "ingest-topic.md"


def example(kind: str) -> str:
    """The block of the page that begins with this word, or words."""
    return PAGE.read_text().partition(f"```{kind}\n")[2].partition("```")[0]


async def run(*command: str, **environment: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env=os.environ | environment
    )
    try:
        message, _ = await asyncio.wait_for(process.communicate(), LIMIT_S)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0
    return message.decode().strip()


async def test_kafkajs_starts_a_job_and_follows_it(world: Bench, tmp_path: Path, node_modules: Path) -> None:
    folder, script, job = photos(tmp_path / "photos", 30), tmp_path / "follow.cjs", str(uuid4())
    script.write_text(example("js"))
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        message = await run(
            "node",
            str(script),
            world.kafka.bootstrap_servers,
            world.connection.names.of(INGEST),
            world.connection.names.of(JOB_STATUS),
            job,
            str(folder),
            COLLECTION,
            NODE_PATH=str(node_modules),
        )
    assert message == "completed 30"


@pytest.mark.parametrize("client", ["confluent", "faststream"])
async def test_a_python_client_follows_a_job(world: Bench, tmp_path: Path, client: str) -> None:
    script = tmp_path / "follow.py"
    script.write_text(example(f"python {client}"))
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        job = await world.request(photos(tmp_path / "photos", 30))
        message = await run(
            sys.executable,
            str(script),
            world.kafka.bootstrap_servers,
            world.connection.names.of(JOB_STATUS),
            job,
        )
    assert "completed 30" in message.splitlines()
