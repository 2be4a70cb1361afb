"""A scrape of the whole system, after it has worked."""

from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from libs.common.metrics import declared
from libs.common.metrics.declared import ALL
from tests.support import photos
from tests.support.system import finished, new_collection, submit, system

ONLY_IN_TROUBLE = {declared.RETRIES, declared.DECODERS_ENDED, declared.MODEL_ERRORS, declared.STORE_ERRORS}
STEPS = {
    *("wait_for_batch", "work", "publish"),
    *("read", "hash", "cache", "decode", "encode", "model", "store"),
}


@pytest.mark.slow
async def test_every_declared_metric_is_there_once_photos_were_ingested(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number}.jpg").write_bytes(photos.jpeg(640, 480 + number))
    (folder / "broken.jpg").write_bytes(b"no picture")
    async with (
        system(tmp_path / "data", SCAN_ROOTS=str(folder)) as process,
        httpx.AsyncClient(base_url=process.base_url, timeout=60) as client,
    ):
        await new_collection(client, "photos")
        job = await finished(client, await submit(client, folder))
        again = await finished(client, await submit(client, folder, force=False))
        text = (await client.get("/metrics")).text
        assert await process.stop() == 0

    assert (job["status"], again["status"]) == ("completed", "completed")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    wanted = {metric.name.removesuffix("_total") for metric in ALL if metric not in ONLY_IN_TROUBLE}
    assert wanted <= families.keys()
    steps = {sample.labels["step"] for sample in families["sluice_stage_step_seconds"].samples}
    assert steps >= STEPS
    outcomes = {
        (sample.labels["stage"], sample.labels["code"]): sample.value
        for sample in families["sluice_stage_outcomes"].samples
    }
    assert outcomes["upserter", ""] == 12
    assert outcomes["processor", "decode_failed"] >= 1
