import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from libs.common.events import ScanRequest, decode
from libs.common.kafka.connection import Connection
from libs.common.store.edge import EdgeStore
from libs.common.topics import INGEST
from services.gateway.app import build
from services.gateway.settings import GatewaySettings
from tests.support.kafka import records_of
from tests.support.serving import running
from tests.support.system import free_port
from tests.support.waiting import LIMIT_S, until

API = "/api/v1"
MB = 1_000_000


@pytest.fixture(scope="module")
def options() -> dict[str, Any]:
    return {"port": free_port(), "upload_mb": 300}


@pytest.fixture(scope="module")
async def empty(settings: GatewaySettings, data: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Over a real socket: what happens to a connection matters here."""
    store = EdgeStore(data / "store")
    async with (
        running(build(settings, store)),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.port}", timeout=LIMIT_S) as client,
    ):
        yield client
    await store.close()


@pytest.fixture(scope="module")
async def client(empty: httpx.AsyncClient) -> httpx.AsyncClient:
    """The gateway once it has a collection."""
    body = {"collection_name": "photos"}
    (await empty.post(f"{API}/collections", json=body)).raise_for_status()
    (await empty.post(f"{API}/collections/select", json=body)).raise_for_status()
    return empty


def names(uploads: Path) -> set[str]:
    return {folder.name for folder in uploads.iterdir()} if uploads.exists() else set()


async def jobs(client: httpx.AsyncClient) -> set[str]:
    items = (await client.get(f"{API}/ingest/jobs")).json()["items"]
    return {job["job_id"] for job in items}


async def test_without_a_collection_nothing_is_kept_and_the_client_reads_why(
    empty: httpx.AsyncClient, settings: GatewaySettings
) -> None:
    """The first test here: the others select a collection."""
    answer = await empty.post(f"{API}/ingest/upload", files={"files": ("a.jpg", b"0" * 20 * MB)})

    assert (answer.status_code, answer.json()["code"]) == (400, "no_collection_selected")
    assert names(settings.upload_dir) == set()


async def test_an_upload_is_a_job_over_its_own_folder(
    client: httpx.AsyncClient, settings: GatewaySettings
) -> None:
    files = [
        ("files", ("updir/sub/b.png", b"1")),
        ("files", ("updir/.DS_Store", b"2")),
        ("files", ("../../a.jpg", b"3")),
        ("files", ("a.jpg", b"")),
    ]

    answer = await client.post(f"{API}/ingest/upload", files=files)
    taken = answer.json()
    status = (await client.get(f"{API}/ingest/status/{taken['job_id']}")).json()

    folder = settings.upload_dir.resolve() / taken["job_id"]
    assert answer.status_code == 202
    assert (taken["accepted"], taken["ignored"]) == (3, ["updir/.DS_Store"])
    assert (status["directory_path"], status["collection"]) == (str(folder), "photos")
    assert {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")} == {
        "updir/sub/b.png": b"1", "a.jpg": b"3", "a (2).jpg": b"",
    }  # fmt: skip


async def test_an_upload_goes_where_it_is_told_and_as_it_is_told(
    client: httpx.AsyncClient, settings: GatewaySettings
) -> None:
    (await client.post(f"{API}/collections", json={"collection_name": "other"})).raise_for_status()
    files = {"files": ("a.jpg", b"1")}

    plain = await client.post(f"{API}/ingest/upload", files=files)
    reported = await client.post(
        f"{API}/ingest/upload", params={"collection": "other", "force": True, "caption": False}, files=files
    )

    published = {
        str(request.job_id): (request.collection, request.force, request.caption)
        for request in await requests(settings)
    }
    assert published[plain.json()["job_id"]] == ("photos", False, True)
    assert published[reported.json()["job_id"]] == ("other", True, False)


async def requests(settings: GatewaySettings) -> list[ScanRequest]:
    records = await records_of(Connection.of(settings, "test"), INGEST)
    return [decode(record.value, ScanRequest) for record in records]


async def test_an_upload_into_no_collection_is_refused(
    client: httpx.AsyncClient, settings: GatewaySettings
) -> None:
    before = names(settings.upload_dir)

    answer = await client.post(
        f"{API}/ingest/upload", params={"collection": "nowhere"}, files={"files": ("a.jpg", b"0" * 2 * MB)}
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "collection_not_found")
    assert names(settings.upload_dir) == before


@pytest.mark.slow
async def test_two_thousand_files_come_in_one_request(
    client: httpx.AsyncClient, settings: GatewaySettings
) -> None:
    files = [("files", (f"dir/{number % 500}.jpg", b"x" * 1000)) for number in range(2000)]

    answer = await client.post(f"{API}/ingest/upload", files=files)

    folder = settings.upload_dir / answer.json()["job_id"] / "dir"
    assert (answer.status_code, answer.json()["accepted"]) == (202, 2000)
    assert len(list(folder.iterdir())) == 2000


@pytest.mark.slow
async def test_a_hundred_photos_are_taken_within_the_ten_seconds_that_clients_wait(
    client: httpx.AsyncClient,
) -> None:
    photo = b"0" * 2 * MB
    files = [("files", (f"IMG_{number:04}.jpg", photo)) for number in range(100)]

    answer = await client.post(f"{API}/ingest/upload", files=files, timeout=10)

    assert (answer.status_code, answer.json()["accepted"]) == (202, 100)


HOSTILE = (
    b"../../../etc/cron.d/job", b"/etc/passwd", b"C:\\Windows\\win.ini", b"..", b"nul\0byte.jpg",
    b"a" * 300 + b".jpg", b"CON.jpg", b"\xff\xfe.jpg", "\u202egpj.exe \U0001f4f7 \u0301.jpg".encode(),
    b"/".join([b"d"] * 500) + b"/deep.jpg", b"new\\nline.jpg", b"~/x.jpg", b"%2e%2e%2fx.jpg", b" ",
    b"a/../../b",
)  # fmt: skip


async def test_hostile_names_stay_below_the_upload_s_folder(
    client: httpx.AsyncClient, settings: GatewaySettings, data: Path
) -> None:
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n\r\n%d\r\n' % (name, number)
        for number, name in enumerate(HOSTILE)
    ]
    before = everything(data)

    answer = await client.post(
        f"{API}/ingest/upload",
        content=b"".join(parts) + b"--x--\r\n",
        headers={"content-type": "multipart/form-data; boundary=x"},
    )

    folder = settings.upload_dir / answer.json()["job_id"]
    made = [path for path in folder.rglob("*") if path.is_file()]
    assert (answer.status_code, answer.json()["accepted"]) == (202, len(HOSTILE))
    assert sorted(int(path.read_text()) for path in made) == list(range(len(HOSTILE)))
    assert everything(data) - before == set(made)


def everything(folder: Path) -> set[Path]:
    """Files whose making is ours: the databases next to them make their own."""
    return {
        path for path in folder.rglob("*") if path.is_file() and "uploads" in path.parts[len(folder.parts) :]
    }


async def test_on_a_full_disk_nothing_is_left_and_the_client_is_told(
    client: httpx.AsyncClient, settings: GatewaySettings
) -> None:
    before, known = names(settings.upload_dir), await jobs(client)
    files = [("files", ("small.jpg", b"1")), ("files", ("large.jpg", b"0" * 40 * MB))]

    with no_file_over(20 * MB):
        answer = await client.post(f"{API}/ingest/upload", files=files)

    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")
    assert answer.json()["retryable"] is True
    assert names(settings.upload_dir) == before
    assert await jobs(client) == known
    assert (await client.post(f"{API}/ingest/upload", files=files)).status_code == 202


@contextmanager
def no_file_over(size: int) -> Iterator[None]:
    """The system refuses to let a file grow beyond it, as a full disk does, in the middle of a write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.slow
async def test_memory_does_not_grow_with_the_upload(client: httpx.AsyncClient) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="large.tif"\r\n\r\n'
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    answer = await client.post(
        f"{API}/ingest/upload",
        content=body(head, 250, b"\r\n--x--\r\n"),
        headers={"content-type": "multipart/form-data; boundary=x"},
    )

    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert answer.status_code == 202
    assert grown_kb < 60_000


async def body(head: bytes, megabytes: int, tail: bytes) -> AsyncIterator[bytes]:
    yield head
    for _ in range(megabytes):
        yield b"0" * MB
    yield tail


@pytest.mark.slow
@pytest.mark.parametrize("declared", [True, False])
async def test_an_upload_over_the_limit_leaves_nothing(
    client: httpx.AsyncClient, settings: GatewaySettings, declared: bool
) -> None:
    before, known = names(settings.upload_dir), await jobs(client)
    headers = {"content-type": "multipart/form-data; boundary=x"}
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
    if declared:
        headers["content-length"] = str(len(head) + 301 * MB)

    answer = await refused(client, headers, head)

    if answer is not None:
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    await left(settings, before)
    assert await jobs(client) == known


async def refused(client: httpx.AsyncClient, headers: dict[str, str], head: bytes) -> httpx.Response | None:
    """The answer; None where the connection was closed on a client that went on sending."""
    try:
        return await client.post(f"{API}/ingest/upload", content=body(head, 301, b""), headers=headers)
    except httpx.TransportError:
        return None


async def left(settings: GatewaySettings, before: set[str]) -> None:
    await until(lambda: names(settings.upload_dir) == before)


async def test_a_client_that_leaves_half_way_leaves_nothing_behind(
    client: httpx.AsyncClient, settings: GatewaySettings
) -> None:
    before, known = names(settings.upload_dir), await jobs(client)
    _, writer = await asyncio.open_connection("127.0.0.1", settings.port)
    writer.write(
        b"POST /api/v1/ingest/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n' + b"0" * 5000
    )
    await writer.drain()
    await until(lambda: names(settings.upload_dir) != before)

    writer.close()

    await left(settings, before)
    assert await jobs(client) == known
