"""The Python client and the light command against the running system."""

from pathlib import Path
from uuid import uuid4

import pytest

from sluice import AsyncClient, Client, ProblemError
from tests.contract.conftest import Contract
from tests.support import photos
from tests.support.light import installed, run

pytestmark = pytest.mark.slow

SECONDS = 120.0


def pictures(folder: Path) -> Path:
    """Two pictures that differ, a copy of one, and a file that is broken."""
    (folder / "sub").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(photos.jpeg())
    (folder / "sub" / "a copy.jpg").write_bytes(photos.jpeg())
    (folder / "b.png").write_bytes(photos.png(320, 200))
    (folder / "broken.jpg").write_bytes(photos.jpeg()[:200])
    return folder


async def test_a_program_ingests_waits_lists_and_finds(contract: Contract) -> None:
    folder, name = pictures(contract.home / uuid4().hex), f"client-{uuid4().hex[:8]}"
    async with AsyncClient(contract.base_url) as client:
        await client.collections.create(name)
        await client.collections.select(name)
        job = await client.ingest(str(folder), name, labels={"order": "7"}, metadata={"year": 2024})
        seen: list[str] = []
        done = await job.wait(timeout_s=SECONDS, progress=lambda found: seen.append(found.state))
        assert (done.state, done.counts.stored, done.counts.failed) == ("completed", 3, 1)
        assert done.labels == {"order": "7"}
        assert seen[-1] == "completed"
        assert [file.code async for file in job.files(outcome="failed")] == ["truncated_image"]
        assert {row.job_id async for row in client.jobs.all(collection=name, page=1)} == {job.job_id}
        listed = [photo async for photo in client.photos.all(name, sort="width", page=2)]
        assert sorted(photo.payload.filename for photo in listed) == ["a copy.jpg", "a.jpg", "b.png"]
        found = await client.photos.search_image("a.jpg", photos.jpeg())
        assert found.results[0].score == pytest.approx(1.0, abs=0.01)
        assert (await client.photos.thumbnail(listed[0].id)).startswith(b"\xff\xd8")
        (group,) = [group async for group in client.duplicates.exact()]
        assert {Path(copy.file_path).name for copy in group.files} == {"a.jpg", "a copy.jpg"}
        task = await client.duplicates.find()
        assert (await task.wait(timeout_s=SECONDS)).status == "completed"
        assert len([group async for group in client.duplicates.groups(task.task_id)]) == 1
        again = await job.retry(["truncated_image"])
        assert (await again.wait(timeout_s=SECONDS)).counts.failed == 1
        with pytest.raises(ProblemError) as refused:
            await client.job(str(uuid4())).status()
        assert (refused.value.status, refused.value.code) == (404, "job_not_found")


def test_the_same_without_await(contract: Contract) -> None:
    folder, name = pictures(contract.home / uuid4().hex), f"client-{uuid4().hex[:8]}"
    with Client(contract.base_url) as client:
        client.collections.create(name)
        job = client.upload(folder, name)
        done = job.wait(timeout_s=SECONDS)
        assert (done.state, done.counts.stored + done.counts.skipped, done.counts.failed) == (
            "completed",
            3,
            1,
        )
        assert len(list(client.photos.all(name))) in (2, 3)
        client.collections.delete(name)
        assert name not in client.collections.names()


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_the_light_command_reads_a_gateway_elsewhere(contract: Contract, tmp_path: Path) -> None:
    folder, name = pictures(contract.home / uuid4().hex), f"client-{uuid4().hex[:8]}"
    where = contract.base_url
    command = await installed(tmp_path) / "sluice"
    await run(command, "collections", "create", name, SLUICE_URL=where)
    message = await run(command, "ingest", str(folder), "-c", name, "--wait", status=3, SLUICE_URL=where)
    job = message.split()[1]
    hooked = ("ingest", str(folder), "--callback-url", "https://hooks.example.com/")
    assert "is not in CALLBACK_HOSTS" in await run(command, *hooked, status=1, SLUICE_URL=where)
    assert "stored        3" in await run(command, "status", job, SLUICE_URL=where)
    assert name in await run(command, "jobs", SLUICE_URL=where)
    assert "broken.jpg" in await run(command, "files", job[:8], "--failed", SLUICE_URL=where)
    sheet = await run(command, "duplicates", "find", status=0, SLUICE_URL=where)
    wanted = ("duplicates", "review", sheet.split(":")[0].split()[-1], "--contact-sheet", "/nowhere.png")
    assert "needs Pillow: install `sluice[pictures]`" in await run(
        command, *wanted, status=1, SLUICE_URL=where
    )
