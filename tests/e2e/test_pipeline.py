"""Real photos through the whole system, each point compared with an independent computation."""

import hashlib
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps

from cli import samples
from cli.expected import Expected
from tests.support.system import finished, new_collection, submit, system
from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow

RAW = ".dng"
"""Pillow does not decode camera RAW: the independent computation leaves its pixels out."""


@dataclass(frozen=True)
class Ingested:
    """The samples, what they must give, and the finished job over them."""

    client: httpx.AsyncClient
    directory: Path
    expected: Expected
    status: dict[str, Any]
    stored: list[dict[str, Any]]


@pytest.fixture(scope="module")
async def ingested(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ingested]:
    """The samples, ingested once by the system as a process of its own."""
    home = tmp_path_factory.mktemp("e2e")
    directory = home / "samples"
    expected = samples.make(directory)
    async with (
        system(home / "data") as running,
        httpx.AsyncClient(base_url=running.base_url, timeout=LIMIT_S) as client,
    ):
        await new_collection(client, "photos")
        status = await finished(client, await submit(client, directory))
        files = await client.get(
            f"/api/v1/ingest/jobs/{status['job_id']}/files", params={"outcome": "stored", "limit": 1000}
        )
        yield Ingested(client, directory, expected, status, files.raise_for_status().json()["items"])


async def test_the_counts_are_what_the_samples_must_give(ingested: Ingested) -> None:
    counts = ingested.status["counts"]
    assert ingested.status["state"] == "completed"
    assert (counts["stored"], counts["ignored"]) == (ingested.expected.stored, ingested.expected.ignored)
    assert ingested.status["error_counts"] == {
        str(code): count for code, count in ingested.expected.failed.items()
    }
    assert sum(item["existing_id"] is not None for item in ingested.stored) == ingested.expected.duplicates


async def test_there_is_one_point_for_each_stored_file_and_no_other(ingested: Ingested) -> None:
    info = (await ingested.client.get("/api/v1/collections/photos/info")).json()
    assert info["points_count"] == len(ingested.stored) == len({item["id"] for item in ingested.stored})


async def test_each_point_is_what_its_file_says(ingested: Ingested) -> None:
    for item in ingested.stored:
        path = Path(item["file"])
        info = (await ingested.client.get(f"/api/v1/images/{item['id']}/info")).json()
        assert info["full_path"] == str(path)
        assert info["filename"] == path.name
        assert info["file_hash"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert info["caption"]
        if path.suffix != RAW:
            with Image.open(path) as image:
                upright = ImageOps.exif_transpose(image)
                assert (info["width"], info["height"]) == upright.size, path.name
                assert (info["format"], info["mode"]) == (image.format, image.mode), path.name
                make = image.getexif().get(ExifTags.Base.Make)
            assert info["exif"].get("Make") == make, path.name


async def test_each_thumbnail_shows_its_photo(ingested: Ingested) -> None:
    for item in ingested.stored:
        path = Path(item["file"])
        answer = await ingested.client.get(f"/api/v1/images/{item['id']}/thumbnail")
        assert answer.headers["content-type"] == "image/jpeg"
        thumbnail = Image.open(io.BytesIO(answer.content))
        assert max(thumbnail.size) <= 200
        if path.suffix != RAW:
            assert distance(thumbnail, path) < 12, path.name


def distance(thumbnail: Image.Image, path: Path) -> float:
    """Mean difference, in grey levels of 256, between a thumbnail and its photo fully decoded."""
    with Image.open(path) as image:
        plain = ImageOps.exif_transpose(image).convert("RGB").resize((64, 64), Image.Resampling.BOX)
    shown = thumbnail.convert("RGB").resize((64, 64), Image.Resampling.BOX)
    return float(np.abs(np.asarray(plain, np.int16) - np.asarray(shown, np.int16)).mean())


async def test_each_photo_finds_itself_first(ingested: Ingested) -> None:
    """The nearest neighbour of a photo is its own point, or that of a file of the same content."""
    for item in ingested.stored:
        path = Path(item["file"])
        answer = await ingested.client.post(
            "/api/v1/search/image", params={"limit": 1}, files={"file": (path.name, path.read_bytes())}
        )
        best = answer.raise_for_status().json()["results"][0]
        found = (await ingested.client.get(f"/api/v1/images/{best['id']}/info")).json()
        assert found["file_hash"] == hashlib.sha256(path.read_bytes()).hexdigest(), path.name
        assert best["score"] == pytest.approx(1.0, abs=0.01)


async def test_a_photo_finds_its_smaller_version(ingested: Ingested) -> None:
    photo = ingested.directory / "photos" / samples.LOOK_FOR
    answer = await ingested.client.post(
        "/api/v1/search/image", params={"limit": 3}, files={"file": (photo.name, photo.read_bytes())}
    )
    names = {hit["payload"]["filename"] for hit in answer.raise_for_status().json()["results"]}
    assert names == {"china.jpg", "china copy.jpg", "china small.jpg"}


async def test_text_finds_by_caption_and_name(ingested: Ingested) -> None:
    answer = await ingested.client.post("/api/v1/search", json={"query": "astronaut", "limit": 3})
    found = answer.raise_for_status().json()
    assert found["mode"] == "lexical"
    assert found["results"][0]["payload"]["filename"] == "astronaut.png"


async def test_a_second_scan_stores_from_the_cache_without_reading(ingested: Ingested) -> None:
    again = await finished(ingested.client, await submit(ingested.client, ingested.directory))
    counts = again["counts"]
    assert (counts["stored"], counts["from_cache"]) == (ingested.expected.stored,) * 2


async def test_known_content_goes_into_another_collection_from_the_cache(ingested: Ingested) -> None:
    await new_collection(ingested.client, "second")
    try:
        counts = (await finished(ingested.client, await submit(ingested.client, ingested.directory)))[
            "counts"
        ]
        assert (counts["stored"], counts["from_cache"]) == (ingested.expected.stored,) * 2
        cleared = await ingested.client.post("/api/v1/collections/cache/clear")
        assert cleared.status_code == 200
        counts = (await finished(ingested.client, await submit(ingested.client, ingested.directory)))[
            "counts"
        ]
        assert (counts["stored"], counts["from_cache"]) == (ingested.expected.stored, 0)
    finally:
        await ingested.client.post("/api/v1/collections/select", json={"collection_name": "photos"})
