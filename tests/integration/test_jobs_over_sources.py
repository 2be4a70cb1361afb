"""Jobs over a bucket, a manifest and shards, through the whole system; the examples of docs/libraries.md."""

import asyncio
import hashlib
import io
import json
import os
import re
import sys
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support import photos
from tests.support.broker import Broker
from tests.support.s3 import KEYS, S3, Bucket
from tests.support.system import finished, new_collection, submit, system
from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow

API = "/api/v1"
DOCUMENT = Path(__file__).parents[2] / "docs" / "libraries.md"


@pytest.fixture(scope="module")
async def client(
    kafka: Broker, s3_server: S3, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    """The whole system as a process, on topics of its own."""
    environment = {
        **KEYS,
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "TOPIC_PREFIX": f"t{uuid4().hex[:10]}-",
        "TOPIC_PARTITIONS": "4",
        "S3_ENDPOINT_URL": s3_server.endpoint,
    }
    home = tmp_path_factory.mktemp("sources")
    async with (
        system(home / "data", **environment) as running,
        httpx.AsyncClient(base_url=running.base_url, timeout=LIMIT_S) as client,
    ):
        yield client
        log = running.text()
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in log


@pytest.fixture
async def collection(client: httpx.AsyncClient) -> str:
    name = f"c{uuid4().hex[:8]}"
    await new_collection(client, name)
    return name


def pictures(count: int) -> list[bytes]:
    """Each with other pixels."""
    return [photos.jpeg(64 + number, 48) for number in range(count)]


async def ingested(client: httpx.AsyncClient, place: str | Path, **body: Any) -> dict[str, Any]:
    return await finished(client, await submit(client, place, **body))


async def listed(client: httpx.AsyncClient, collection: str, **filters: Any) -> list[dict[str, Any]]:
    """The payloads of the collection's images that match."""
    params = {"filters": json.dumps(filters), "limit": "100"}
    answer = await client.get(f"{API}/collections/{collection}/images", params=params)
    return [dict(each) for each in answer.raise_for_status().json()["items"]]


def full_paths(images: list[dict[str, Any]]) -> set[str]:
    return {image["payload"]["full_path"] for image in images}


async def failed(client: httpx.AsyncClient, job: dict[str, Any]) -> dict[str, str]:
    answer = await client.get(f"{API}/ingest/jobs/{job['job_id']}/files", params={"outcome": "failed"})
    return {item["file"]: item["code"] for item in answer.raise_for_status().json()["items"]}


def filled(s3: S3, count: int) -> tuple[Bucket, dict[str, bytes]]:
    bucket = s3.bucket()
    objects = {f"2019/ü {n}.jpg": data for n, data in enumerate(pictures(count))}
    bucket.put(objects)
    return bucket, objects


async def test_a_bucket_is_ingested_searched_shown_and_scanned_again(
    client: httpx.AsyncClient, collection: str, s3_server: S3
) -> None:
    bucket, objects = filled(s3_server, 6)
    bucket.put({"2019/cut.jpg": photos.truncated(photos.jpeg()), "2019/notes.txt": b"-"})
    job = await ingested(client, bucket.uri)
    assert (job["state"], job["counts"]["stored"]) == ("completed", 6)
    assert await failed(client, job) == {f"{bucket.uri}/2019/cut.jpg": "truncated_image"}
    below = await listed(client, collection, below=f"{bucket.uri}/2019")
    assert full_paths(below) == {f"{bucket.uri}/{key}" for key in objects}
    for image in below:
        shown = await client.get(f"{API}/images/{image['id']}/image")
        assert shown.content == objects[image["payload"]["full_path"].removeprefix(bucket.uri + "/")]
        assert hashlib.sha256(shown.content).hexdigest() == image["payload"]["file_hash"]
    again = await ingested(client, f"{bucket.uri}/")
    assert again["counts"]["from_cache"] == 6


async def test_a_changed_object_is_ingested_again_and_a_gone_one_goes_in_a_sync(
    client: httpx.AsyncClient, collection: str, s3_server: S3
) -> None:
    bucket, objects = filled(s3_server, 20)
    await ingested(client, bucket.uri)
    keys = sorted(objects)
    bucket.put({keys[0]: photos.jpeg(200, 100), "2020/moved.jpg": objects[keys[1]]})
    bucket.store.delete([keys[1], keys[2]])
    job = await ingested(client, bucket.uri, sync=True)
    sync = job["sync"]
    assert (sync["changed"], sync["moved"], sync["removed"], sync["unchanged"]) == (1, 1, 1, 17)
    assert full_paths(await listed(client, collection)) == {
        f"{bucket.uri}/{key}" for key in {*objects, "2020/moved.jpg"} - {keys[1], keys[2]}
    }


async def test_objects_are_never_moved(client: httpx.AsyncClient, collection: str, s3_server: S3) -> None:
    bucket = s3_server.bucket()
    bucket.put({"a.jpg": photos.jpeg(), "b.jpg": photos.jpeg()})
    await ingested(client, bucket.uri)
    ids = [image["id"] for image in await listed(client, collection)]
    answer = await client.post(f"{API}/curation/archive-selection", json={"point_ids": ids})
    skipped = answer.json()["skipped"]
    assert {each["path"] for each in skipped} == {f"{bucket.uri}/a.jpg", f"{bucket.uri}/b.jpg"}
    assert {each["code"] for each in skipped} == {"not_movable"}
    assert not answer.json()["archived"]
    paths = [f"{bucket.uri}/a.jpg"]
    answer = await client.post(f"{API}/duplicates/archive-exact", json={"file_paths": paths})
    assert answer.status_code == 400
    assert "move it with the tools of its store" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("s3://no-such-bucket-at-all", "source_gone"),
        ("s3://", "directory_not_found"),
        ("s3://key:secret@bucket/a", "directory_not_found"),
        ("https://example.org/list.jsonl", "outside_roots"),
        ("ftp://example.org/a", "directory_not_found"),
    ],
)
async def test_a_place_that_cannot_be_read_is_a_400_with_the_way_out(
    client: httpx.AsyncClient, collection: str, place: str, code: str
) -> None:
    del collection
    answer = await client.post(f"{API}/ingest", json={"directory_path": place})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert "secret" not in answer.text


async def test_a_manifest_names_files_anywhere_and_its_fields_become_filters(
    client: httpx.AsyncClient, collection: str, s3_server: S3, tmp_path: Path
) -> None:
    bucket, objects = filled(s3_server, 3)
    # It was listed before, so that it may be read.
    await ingested(client, bucket.uri)
    (tmp_path / "own.jpg").write_bytes(photos.jpeg(90, 60))
    rows = [
        {"uri": f"{bucket.uri}/{key}", "product id": f"A-{n}", "price": n + 0.5}
        for n, key in enumerate(objects)
    ]
    rows.append({"uri": "own.jpg", "product id": "B-1", "price": 9})
    lines = [*(json.dumps(row) for row in rows), "{broken", json.dumps({"uri": f"{bucket.uri}/gone.jpg"})]
    (tmp_path / "list.jsonl").write_text("\n".join(lines))
    job = await ingested(client, tmp_path / "list.jsonl", metadata={"shop": "north"})
    assert (job["state"], job["counts"]["stored"]) == ("completed", 4)
    assert await failed(client, job) == {
        f"{tmp_path}/list.jsonl:5": "manifest_row",
        f"{bucket.uri}/gone.jpg": "file_vanished",
    }
    (found,) = await listed(client, collection, **{"meta.product_id": "B-1"})
    assert found["payload"]["full_path"] == str(tmp_path / "own.jpg")
    assert len(await listed(client, collection, **{"meta.price": {"lt": 2}, "meta.shop": "north"})) == 2
    again = await ingested(client, tmp_path / "list.jsonl", metadata={"shop": "north"})
    assert again["counts"]["from_cache"] == 4


@pytest.mark.parametrize("place", ["disk", "bucket"])
async def test_shards_are_ingested_with_what_their_samples_say(
    client: httpx.AsyncClient, collection: str, s3_server: S3, tmp_path: Path, place: str
) -> None:
    data = pictures(4)
    bucket = s3_server.bucket()
    for number in range(2):
        packed = shard({f"{n}": data[2 * number + n] for n in range(2)})
        (tmp_path / f"s-{number:02}.tar").write_bytes(packed)
        bucket.put({f"s-{number:02}.tar": packed})
    folder = str(tmp_path) if place == "disk" else bucket.uri
    job = await ingested(client, f"{folder}/s-{{00..01}}.tar")
    assert (job["state"], job["counts"]["stored"], job["counts"]["failed"]) == ("completed", 4, 0)
    (found,) = await listed(client, collection, **{"meta.number": 1, "below": f"{folder}/s-01.tar!"})
    assert found["payload"]["full_path"] == f"{folder}/s-01.tar!/1.jpg"
    assert found["payload"]["caption"] == "picture 1"
    assert (await client.get(f"{API}/images/{found['id']}/image")).content == data[3]
    again = await ingested(client, f"{folder}/s-{{00..01}}.tar")
    assert again["counts"]["from_cache"] == 4


def shard(samples: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for key, data in samples.items():
            meta = json.dumps({"number": int(key)}).encode()
            for suffix, content in (("jpg", data), ("json", meta), ("txt", f"picture {key}".encode())):
                info = tarfile.TarInfo(f"{key}.{suffix}")
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def blocks(heading: str, language: str) -> list[str]:
    """The fenced blocks of one language below a heading."""
    section = DOCUMENT.read_text().partition(f"### {heading}\n")[2].partition("\n### ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


@pytest.fixture
def sluice(tmp_path: Path) -> Path:
    """A folder that has the command, as an installation would."""
    command = tmp_path / "bin" / "sluice"
    command.parent.mkdir()
    run = "import sys; from sluice.cli.main import main; sys.exit(main())"
    command.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{run}' \"$@\"\n")
    command.chmod(0o755)
    return command.parent


async def shell(script: str, client: httpx.AsyncClient, sluice: Path) -> str:
    """What the script prints; it must succeed."""
    env = {
        **os.environ,
        "PATH": f"{sluice}:{os.environ['PATH']}",
        "SLUICE_URL": str(client.base_url).rstrip("/"),
    }
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", script), stdout=asyncio.subprocess.PIPE, env=env
    )
    output, _ = await asyncio.wait_for(process.communicate(), LIMIT_S)
    assert process.returncode == 0, output.decode()
    return output.decode()


async def test_the_bucket_of_the_document(
    client: httpx.AsyncClient, collection: str, s3_server: S3, sluice: Path
) -> None:
    del collection
    bucket = s3_server.bucket("holiday-photos")
    bucket.put({f"2024/{number}.jpg": data for number, data in enumerate(pictures(3))})
    (script,) = blocks("A bucket", "sh")
    output = await shell(script, client, sluice)
    assert all(f"{number}.jpg" in output for number in range(3))


async def test_the_manifest_of_the_document(
    client: httpx.AsyncClient, collection: str, s3_server: S3, sluice: Path
) -> None:
    del collection
    bucket, (one, other) = s3_server.bucket("shop-images"), pictures(2)
    (manifest,), (script,) = blocks("A manifest", "json"), blocks("A manifest", "sh")
    bucket.put({"products.jsonl": manifest.encode(), "0042.jpg": one, "new/0043.jpg": other})
    output = await shell(script, client, sluice)
    assert "0043.jpg" in output
    assert "0042.jpg" not in output.partition('"results"')[2]
