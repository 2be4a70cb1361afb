"""Captions for photos that are stored, by a job over their points, through the whole system."""

from pathlib import Path

import httpx
import pytest

from tests.e2e.test_changing_models import API, NAME, ask, photos
from tests.support.shell import Shell
from tests.support.system import finished, new_collection, submit, system
from tests.support.waiting import LIMIT_S
from tests.unit.captioner.endpoint import Answer, answering, endpoint


@pytest.mark.slow
async def test_captions_are_added_and_found_and_a_refusal_is_one_photos_failure(tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos")
    busy = Answer(429, {"error": {"message": "slow down"}}, {"retry-after": "1"})
    with endpoint(busy, answering(None, refusal="no"), answering("Two purple zebras.")) as vision:
        reported = {"CAPTION_URL": vision.url, "CAPTION_MODEL": "stub"}
        async with (
            system(tmp_path / "data", **reported) as running,
            httpx.AsyncClient(base_url=running.base_url, timeout=LIMIT_S) as client,
        ):
            await new_collection(client, NAME)
            count = (await finished(client, await submit(client, folder)))["counts"]["stored"]
            request = {"source": {"collection": NAME, "filters": {"missing": ["caption_model"]}}}
            sluice = Shell(running, tmp_path)
            started = await sluice("collections", "describe", NAME, "--add", "captions", "--json")
            job = started.body()["job_id"]
            done = await finished(client, job)
            assert (done["state"], done["counts"]["stored"]) == ("completed", count - 1)
            assert done["error_counts"] == {"caption_failed": 1}
            found = await ask(client, "POST", f"{API}/search", json={"query": "zebras", "limit": 100})
            assert len(found["results"]) == count - 1
            retry = (await ask(client, "POST", f"{API}/ingest/jobs/{job}/retry"))["job_id"]
            assert (await finished(client, retry))["counts"]["stored"] == 1
            assert vision.most == 1
            refused = await client.post(f"{API}/ingest", json=request | {"want": ["embedding", "caption"]})
            assert refused.status_code == 422
