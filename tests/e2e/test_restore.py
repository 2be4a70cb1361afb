"""A lost store is filled again out of the caches: docs/operations.md, "Back up and restore"."""

import shutil
from pathlib import Path

import httpx
import pytest

from tests.support import photos
from tests.support.system import finished, new_collection, submit, system

FILES = 40
API = "/api/v1"


@pytest.mark.slow
async def test_a_lost_store_comes_back_without_one_inference(tmp_path: Path) -> None:
    folder, data = tmp_path / "photos", tmp_path / "data"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"{number}.jpg").write_bytes(photos.jpeg(320, 240 + number))
    environment = {"SCAN_ROOTS": str(folder)}

    async with system(data, **environment) as process, client_of(process.base_url) as client:
        await new_collection(client, "photos")
        first = await finished(client, await submit(client, folder))
        assert await process.stop() == 0
    shutil.rmtree(data / "store")

    async with system(data, **environment) as process, client_of(process.base_url) as client:
        await new_collection(client, "photos")
        again = await finished(client, await submit(client, folder))
        info = (await client.get(f"{API}/collections/photos/info")).json()
        metrics = (await client.get("/metrics")).text
        assert await process.stop() == 0

    assert (first["state"], again["state"]) == ("completed", "completed")
    assert first["counts"]["from_cache"] == 0
    assert (again["counts"]["stored"], again["counts"]["from_cache"]) == (FILES, FILES)
    assert info["points_count"] == FILES
    assert 'sluice_model_images_total{stage="inferencer"}' not in metrics


@pytest.mark.slow
async def test_jobs_are_told_as_before_out_of_a_copy_of_kafka_alone(tmp_path: Path) -> None:
    folder, data, backup = tmp_path / "photos", tmp_path / "data", tmp_path / "backup"
    folder.mkdir()
    (folder / "whole.jpg").write_bytes(photos.jpeg(320, 240))
    (folder / "broken.jpg").write_bytes(photos.jpeg(320, 240)[:500])
    environment = {"SCAN_ROOTS": str(folder)}

    async with system(data, **environment) as process, client_of(process.base_url) as client:
        await new_collection(client, "photos")
        job = await submit(client, folder)
        before = await finished(client, job)
        files = (await client.get(f"{API}/ingest/jobs/{job}/files")).json()
        assert await process.stop() == 0
    shutil.copytree(data / "kafka", backup)
    shutil.rmtree(data)
    data.mkdir(mode=0o700)
    shutil.copytree(backup, data / "kafka")

    async with system(data, **environment) as process, client_of(process.base_url) as client:
        after = (await client.get(f"{API}/ingest/status/{job}")).json()
        assert (await client.get(f"{API}/ingest/jobs/{job}/files")).json() == files
        assert await process.stop() == 0

    assert (before["counts"]["stored"], before["counts"]["failed"]) == (1, 1)
    assert {each: after[each] for each in ("state", "counts", "error_counts", "finished_at")} == {
        each: before[each] for each in ("state", "counts", "error_counts", "finished_at")
    }


def client_of(base_url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=base_url, timeout=120)
