"""The examples of docs/ingest-topic.md, each run by the client that it is for."""

import sys
from pathlib import Path
from uuid import uuid4

import pytest

from libs.common.store.edge import EdgeStore
from libs.common.topics import INGEST, JOB_STATUS
from services.gateway.app import build
from tests.clients.installed import BUILD_SECONDS, go_program, java_command, run
from tests.support.gateway import gateway_settings
from tests.support.scanning import COLLECTION, Bench, open_reporter, photos
from tests.support.serving import running
from tests.support.system import free_port
from tests.support.waiting import LIMIT_S

pytestmark = [pytest.mark.clients, pytest.mark.slow]

PAGE = Path(__file__).parents[2] / "docs" / "ingest-topic.md"


def example(kind: str) -> str:
    """The block of the page that begins with this word, or words."""
    return PAGE.read_text().partition(f"```{kind}\n")[2].partition("```")[0]


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


def ends(world: Bench, job: str, folder: Path) -> tuple[str, ...]:
    """The arguments of the examples that start a job and follow it."""
    names = world.connection.names
    return (
        world.kafka.bootstrap_servers,
        names.of(INGEST),
        names.of(JOB_STATUS),
        job,
        str(folder),
        COLLECTION,
    )


@pytest.mark.timeout(int(BUILD_SECONDS + LIMIT_S))
async def test_franz_go_starts_a_job_and_follows_it(world: Bench, tmp_path: Path) -> None:
    program, folder = await go_program(example("go"), tmp_path), photos(tmp_path / "photos", 30)
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        message = await run(program, *ends(world, str(uuid4()), folder))
    assert message == "completed 30"


async def test_kafkas_own_java_client_starts_a_job_and_follows_it(world: Bench, tmp_path: Path) -> None:
    script, folder = tmp_path / "Follow.java", photos(tmp_path / "photos", 30)
    script.write_text(example("java"))
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        message = await run(*await java_command(script), *ends(world, str(uuid4()), folder))
    assert message.splitlines()[-1] == "completed 30"


async def test_eventsource_hears_of_a_jobs_end(
    world: Bench, store: EdgeStore, tmp_path: Path, node_modules: Path
) -> None:
    script, port = tmp_path / "follow.cjs", free_port()
    script.write_text(example("js sse"))
    settings = gateway_settings(
        world.kafka.bootstrap_servers, world.prefix, tmp_path / "g0", port=port, host="127.0.0.1"
    )
    async with (
        world.scanner(tmp_path / "data"),
        world.stage(open_reporter()),
        running(build(settings, store)),
    ):
        job = await world.request(photos(tmp_path / "photos", 30))
        message = await run("node", str(script), f"http://127.0.0.1:{port}", job, NODE_PATH=str(node_modules))
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
