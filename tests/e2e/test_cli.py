"""The command against a running system: what a person reads, what a script relies on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from cli import samples
from libs.embedded import access
from tests.support.shell import Shell
from tests.support.system import system
from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
async def sluice(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shell]:
    """The command, a system with a collection `photos`, and the samples in home/samples."""
    home = tmp_path_factory.mktemp("cli")
    samples.make(home / "samples")
    async with system(home / "data", SCAN_ROOTS=str(home / "samples")) as running:
        shell = Shell(running, home)
        assert (await shell("collections", "create", "photos", "--select")).status == 0
        yield shell


async def test_ingest_waits_reports_and_tells_scripts_that_files_failed(sluice: Shell) -> None:
    message = await sluice("ingest", str(sluice.home / "samples"), "--wait")
    assert message.status == 3
    assert "broken/truncated.jpg: " in message.out
    assert "24 listed, 24 done, 1 failed" in message.out
    job = message.out.split()[1]
    shown = await sluice("status", job, "--json")
    assert (shown.status, shown.body()["state"], shown.body()["counts"]["failed"]) == (0, "completed", 1)
    assert job in (await sluice("jobs")).out
    assert (await sluice("search", "china")).out.count("china") == 3
    again = await sluice("retry", job, "--code", "truncated_image", "--wait", "--json")
    assert (again.status, again.body()["counts"]["failed"]) == (3, 1)
    over = await sluice("cancel", job)
    assert (over.status, over.out, over.err.count("\n")) == (1, "", 1)


@pytest.mark.slow
async def test_what_the_gateway_may_not_see_is_uploaded(sluice: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "my photos"
    (folder / "sub").mkdir(parents=True)
    for name in ('say "cheese".jpg', "sub/grüße.jpg"):
        (folder / name).write_bytes((sluice.home / "samples/photos/rocket.jpg").read_bytes())
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.jpg").write_bytes(b"x")
    assert (await sluice("collections", "create", "other", "--distance", "dot")).status == 0
    message = await sluice("ingest", str(folder), "--wait", "--json", "--collection", "other")
    (job,) = message.body()["jobs"]
    assert job["status"]["collection"] == "other"
    assert (message.status, job["uploaded"], job["status"]["counts"]["stored"]) == (0, True, 2)
    assert "not uploaded, not pictures: 1" in message.err
    nowhere = await sluice("ingest", str(folder), "--upload", "--collection", "nowhere")
    assert (nowhere.status, nowhere.err) == (1, "sluice: there is no collection nowhere\n")
    forced = await sluice("ingest", str(folder), "--upload", "--force", "--wait", "--json")
    (job,) = forced.body()["jobs"]
    assert (job["status"]["collection"], job["status"]["counts"]["from_cache"]) == ("photos", 0)
    found = await sluice("search", "grüße", "--json")
    assert [hit["payload"]["filename"] for hit in found.body()["results"]] == ["grüße.jpg"]


@pytest.mark.slow
async def test_dead_letters_are_listed_and_sent_back(sluice: Shell) -> None:
    broker = access.read(sluice.home / "data" / "kafka")
    assert broker is not None
    async with AIOKafkaProducer(**broker.client_options) as producer:
        await producer.send_and_wait("ingest", b"nonsense", key=b"\xff")
    async with asyncio.timeout(LIMIT_S):
        while not (dead_letters := (await sluice("dlq", "list", "--json")).body()["letters"]):
            await asyncio.sleep(0.1)
    assert (dead_letters[0]["topic"], dead_letters[0]["code"]) == ("ingest", "undecodable_record")
    assert (await sluice("dlq", "replay", dead_letters[0]["letter"])).status == 0
    async with asyncio.timeout(LIMIT_S):
        while (again := (await sluice("dlq", "list", "--json")).body())["total"] < 2:
            await asyncio.sleep(0.1)
    assert again["letters"][0]["body"] == again["letters"][1]["body"]
    assert again["letters"][0]["key"] == again["letters"][1]["key"]
