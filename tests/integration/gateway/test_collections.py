import asyncio
import base64
import io
import re
import tempfile
import unicodedata
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from libs.common import stages
from libs.common.control import CollectionState, FilledBy, ModelInUse
from libs.common.errors import Code, SluiceError
from libs.common.events import Accepted, Heartbeat, encode
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import Outgoing, event, fact
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.points.derived import additions
from libs.common.store import advice
from libs.common.store.protocol import Point, Store
from libs.common.topics import SERVICES
from services.gateway.app import build
from services.gateway.search.query_vectors import QueryVectors
from services.gateway.settings import GatewaySettings
from services.ml.app import build as build_ml
from services.ml.settings import MLServiceSettings
from tests.support import photos
from tests.support.broker import Broker
from tests.support.gateway import gateway_settings
from tests.support.serving import running
from tests.support.system import free_port
from tests.support.videos import video
from tests.support.waiting import until

API = "/api/v1"


@pytest.fixture(scope="module")
async def ml_url() -> AsyncIterator[str]:
    port = free_port()
    async with running(build_ml(MLServiceSettings(port=port))):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def options(ml_url: str) -> dict[str, Any]:
    return {"ml_inference_service_url": ml_url}


@pytest.fixture(scope="module")
def second_options() -> dict[str, Any]:
    return {"ml_inference_service_url": f"http://127.0.0.1:{free_port()}"}


@pytest.fixture
async def collection(gateway: httpx.AsyncClient) -> str:
    """A new collection that is the active one."""
    name = f"c{uuid4().hex[:8]}"
    assert (await gateway.post(f"{API}/collections", json={"collection_name": name})).status_code == 201
    assert (
        await gateway.post(f"{API}/collections/select", json={"collection_name": name})
    ).status_code == 200
    return name


async def state_of(settings: GatewaySettings, name: str) -> CollectionState | None:
    async with ControlTable.open(Connection.of(settings, "test")) as control:
        return control.collection(name)


async def info_of(client: httpx.AsyncClient, name: str) -> dict[str, object]:
    return dict((await client.get(f"{API}/collections/{name}/info")).json())


def code_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


async def stored(store: Store, name: str, path: Path, vector: list[float] | None = None) -> str:
    """The point of a photo, as the upserter writes it, without a model where no vector is given."""
    picture = await asyncio.to_thread(lambda: normalise(path.read_bytes(), Limits()))
    point = str(uuid4())
    payload = {
        "filename": path.name, "full_path": str(path), "file_hash": "0" * 64, "caption": "a temple in China",
        "tags": [], "width": picture.width, "height": picture.height, "format": picture.format,
        "mode": picture.mode, "thumbnail_base64": base64.b64encode(picture.thumbnail).decode(),
        "exif_Image_Make": "Sony", "exif_EXIF_FNumber": "14/5", "model": "m",
    }  # fmt: skip
    payload |= additions(payload)
    await store.upsert(name, [Point(point, vector or [1.0] + [0.0] * 511, payload)])
    return point


async def test_a_collection_is_made_chosen_and_described(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, collection: str, settings: GatewaySettings
) -> None:
    assert collection in (await second.get(f"{API}/collections")).json()
    assert await info_of(second, collection) == {
        "name": collection,
        "status": "green",
        "points_count": 0,
        "vectors_count": 0,
        "indexed_vectors_count": 0,
        "config": {"vector_size": 512, "distance": "Cosine"},
        "sample_points": [],
        "is_active": True,
        "model": None,
        "cache_cleared_at": None,
    }
    state = await state_of(settings, collection)
    assert state is not None
    assert (await gateway.get(f"{API}/capabilities")).json()["active_collection"] == collection


async def test_a_collection_exists_once(gateway: httpx.AsyncClient, collection: str) -> None:
    again = await gateway.post(f"{API}/collections", json={"collection_name": collection})

    assert code_of(again) == (409, "collection_exists")


@pytest.mark.parametrize("name", ["", "a/b", "../up", "x" * 129])
async def test_names_are_plain(gateway: httpx.AsyncClient, name: str) -> None:
    response = await gateway.post(f"{API}/collections", json={"collection_name": name})

    assert code_of(response) == (422, "invalid_request")
    assert isinstance(response.json()["detail"], str)


async def test_what_is_not_there_cannot_be_chosen_or_removed(gateway: httpx.AsyncClient) -> None:
    chosen = await gateway.post(f"{API}/collections/select", json={"collection_name": "nobody"})

    assert code_of(chosen) == (400, "collection_not_found")
    assert code_of(await gateway.get(f"{API}/collections/no one/info")) == (404, "collection_not_found")
    assert code_of(await gateway.delete(f"{API}/collections/no one")) == (404, "collection_not_found")


async def test_a_collection_of_somebody_else_gets_its_generation_when_chosen(
    gateway: httpx.AsyncClient, store: Store, settings: GatewaySettings
) -> None:
    await store.create("found-here", 512, "Cosine")
    assert await state_of(settings, "found-here") is None

    await gateway.post(f"{API}/collections/select", json={"collection_name": "found-here"})

    assert await state_of(settings, "found-here") is not None


async def test_a_removed_collection_is_forgotten_everywhere(
    gateway: httpx.AsyncClient,
    second: httpx.AsyncClient,
    collection: str,
    settings: GatewaySettings,
    tmp_path: Path,
) -> None:
    assert (await gateway.delete(f"{API}/collections/{collection}")).status_code == 200

    assert collection not in (await second.get(f"{API}/collections")).json()
    assert await state_of(settings, collection) is None
    nothing = await second.post(f"{API}/ingest/", json={"directory_path": str(tmp_path)})
    assert code_of(nothing) == (400, "no_collection_selected")


async def test_a_namesake_has_another_generation(
    gateway: httpx.AsyncClient, collection: str, settings: GatewaySettings
) -> None:
    first = await state_of(settings, collection)
    await gateway.delete(f"{API}/collections/{collection}")
    await gateway.post(f"{API}/collections", json={"collection_name": collection})
    second = await state_of(settings, collection)

    assert first is not None
    assert second is not None
    assert first.generation != second.generation


async def test_a_collection_that_a_job_writes_stays(
    gateway: httpx.AsyncClient, publisher: Publisher, collection: str
) -> None:
    job = Accepted(
        job_id=str(uuid4()), collection=collection, partition=0, offset=0, directory_path="/photos"
    )
    await publisher.publish([event(job)])

    assert code_of(await gateway.delete(f"{API}/collections/{collection}")) == (409, "collection_busy")


async def test_a_server_is_recommended_for_what_the_embedded_store_is_too_small_for(
    gateway: httpx.AsyncClient, collection: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = (await gateway.get(f"{API}/capabilities")).json()
    monkeypatch.setattr(advice, "SERVER_FROM", 1)
    await stored(store, collection, photos.real_photos()[0])
    large = (await gateway.get(f"{API}/capabilities")).json()

    assert small["advice"] is None
    assert large["advice"].startswith(f"collection {collection} has 1 points: the embedded store")


async def test_clearing_the_cache_is_remembered(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, collection: str, settings: GatewaySettings
) -> None:
    before = await state_of(settings, collection)
    response = (await gateway.post(f"{API}/collections/cache/clear")).json()
    after = await state_of(settings, collection)

    assert response["collection"] == collection
    assert (await info_of(second, collection))["cache_cleared_at"] == response["cleared_at"]
    assert before is not None
    assert after is not None
    assert after.generation == before.generation
    assert after.cache_cleared_at > 0


@pytest.mark.slow
async def test_an_image_is_found_whatever_collection_is_active(
    gateway: httpx.AsyncClient, collection: str, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "temple.jpg"
    path.write_bytes(photos.jpeg())
    point = await stored(store, collection, path)
    await gateway.post(f"{API}/collections", json={"collection_name": f"{collection}-2"})
    await gateway.post(f"{API}/collections/select", json={"collection_name": f"{collection}-2"})

    info = (await gateway.get(f"{API}/images/{point}/info")).json()

    assert info == {
        "id": point, "filename": "temple.jpg", "full_path": str(path), "caption": "a temple in China",
        "tags": [], "file_hash": "0" * 64, "width": 640, "height": 480, "format": "JPEG", "mode": "RGB",
        "has_thumbnail": True, "exif": {"Make": "Sony", "FNumber": "14/5"}, "collection": collection,
        "model": "m",
    }  # fmt: skip
    assert (await info_of(gateway, collection))["sample_points"] == [
        {"id": point, "filename": "temple.jpg", "has_thumbnail": True, "has_caption": True}
    ]


async def test_a_thumbnail_comes_as_bytes_and_only_once(
    gateway: httpx.AsyncClient, collection: str, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "temple.jpg"
    path.write_bytes(photos.jpeg())
    url = f"{API}/images/{await stored(store, collection, path)}/thumbnail"

    first = await gateway.get(url)
    again = await gateway.get(url, headers={"if-none-match": first.headers["etag"]})

    assert (first.status_code, first.headers["content-type"]) == (200, "image/jpeg")
    assert first.content == normalise(path.read_bytes(), Limits()).thumbnail
    assert (again.status_code, again.content) == (304, b"")


async def test_an_image_comes_whole_in_parts_or_not_again(
    gateway: httpx.AsyncClient, collection: str, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "temple.jpg"
    path.write_bytes(photos.jpeg())
    url = f"{API}/images/{await stored(store, collection, path)}/image"

    whole = await gateway.get(url)
    part = await gateway.get(url, headers={"range": "bytes=10-19"})
    again = await gateway.get(url, headers={"if-none-match": whole.headers["etag"]})

    assert whole.content == path.read_bytes()
    assert (part.status_code, part.content) == (206, path.read_bytes()[10:20])
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("headers", "status", "part"),
    [
        ({"range": "bytes=-5"}, 206, slice(-5, None)),
        ({"range": "bytes=5-"}, 206, slice(5, None)),
        ({"range": "words=1-2"}, 200, slice(None)),
        ({"range": "bytes=9-2"}, 200, slice(None)),
        ({"range": "nonsense"}, 200, slice(None)),
        ({"range": "bytes=0-9", "if-range": '"another"'}, 200, slice(None)),
    ],
)
async def test_a_range_is_kept_or_passed_over(
    gateway: httpx.AsyncClient, collection: str, store: Store, tmp_path: Path,
    headers: dict[str, str], status: int, part: slice,
) -> None:  # fmt: skip
    path = tmp_path / "temple.jpg"
    path.write_bytes(photos.jpeg())
    url = f"{API}/images/{await stored(store, collection, path)}/image"

    answer = await gateway.get(url, headers=headers)

    assert (answer.status_code, answer.content) == (status, path.read_bytes()[part])


async def test_a_range_beyond_the_end_is_told_the_size(
    gateway: httpx.AsyncClient, collection: str, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "temple.jpg"
    path.write_bytes(photos.jpeg())
    url = f"{API}/images/{await stored(store, collection, path)}/image"

    answer = await gateway.get(url, headers={"range": "bytes=99999999-"})

    assert code_of(answer) == (416, "invalid_request")
    assert answer.headers["content-range"] == f"bytes */{path.stat().st_size}"


def film() -> bytes:
    return video([photos.scene()] * 3)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "make"), [("a.dng", photos.dng), ("a.heic", photos.heic), ("a.mp4", film)])
async def test_raw_and_heic_and_video_are_shown_as_jpeg(
    gateway: httpx.AsyncClient, collection: str, store: Store, tmp_path: Path,
    name: str, make: Callable[[], bytes],
) -> None:  # fmt: skip
    path = tmp_path / name
    path.write_bytes(photos.jpeg())
    url = f"{API}/images/{await stored(store, collection, path)}/image"
    path.write_bytes(await asyncio.to_thread(make))  # what the file is counts, and not the point

    shown = await gateway.get(url)
    again = await gateway.get(url, headers={"if-none-match": shown.headers["etag"]})
    original = await gateway.get(url, params={"original": "1"})

    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    with Image.open(io.BytesIO(shown.content)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1024, 768) if name == "a.dng" else (640, 480))
    assert again.status_code == 304
    assert original.content == path.read_bytes()
    assert (original.headers["content-type"] == "video/mp4") == (name == "a.mp4")
    assert original.headers["etag"] != shown.headers["etag"]


async def test_what_browsers_do_not_show_comes_as_a_jpeg_unless_the_original_is_asked_for(
    gateway: httpx.AsyncClient, collection: str, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "scan.tif"
    path.write_bytes(photos.tiff())
    url = f"{API}/images/{await stored(store, collection, path)}/image"

    shown = await gateway.get(url)
    original = await gateway.get(url, params={"original": "1"})

    assert (shown.headers["content-type"], shown.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert original.content == path.read_bytes()
    assert original.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("original", [False, True])
async def test_a_file_that_is_no_picture_is_not_served_whatever_its_point_says(
    gateway: httpx.AsyncClient, collection: str, store: Store, tmp_path: Path, original: bool
) -> None:
    path = tmp_path / "temple.jpg"
    path.write_bytes(photos.jpeg())
    point = await stored(store, collection, path)
    path.write_bytes(b"root:x:0:0:root:/root:/bin/bash")

    answer = await gateway.get(f"{API}/images/{point}/image", params={"original": original})

    assert code_of(answer) == (410, "file_gone")


async def test_a_file_that_no_job_has_listed_is_not_served_where_no_setting_says_what_may_be_read(
    gateway: httpx.AsyncClient, collection: str, store: Store
) -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as elsewhere:
        path = Path(elsewhere).resolve() / "temple.jpg"
        path.write_bytes(photos.jpeg())
        point = await stored(store, collection, path)

        answer = await gateway.get(f"{API}/images/{point}/image")

    assert code_of(answer) == (400, "outside_roots")


async def test_a_file_that_is_gone_is_a_410_and_an_unknown_id_a_404(
    gateway: httpx.AsyncClient, collection: str, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "temple.jpg"
    path.write_bytes(photos.jpeg())
    point = await stored(store, collection, path)
    path.unlink()

    assert code_of(await gateway.get(f"{API}/images/{point}/image")) == (410, "file_gone")
    for what in ("info", "thumbnail", "image"):
        assert code_of(await gateway.get(f"{API}/images/{uuid4()}/{what}")) == (404, "image_not_found")


async def test_a_search_by_words_reads_captions_names_and_exif(
    gateway: httpx.AsyncClient, collection: str, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "DSC_1234.jpg"
    path.write_bytes(photos.jpeg())
    point = await stored(store, collection, path)

    for query in ("temple", "dsc_1234", "SONY"):
        found = (await gateway.post(f"{API}/search", json={"query": query})).json()
        assert found["mode"] == "lexical"
        assert [hit["id"] for hit in found["results"]] == [point]
        assert found["results"][0]["payload"]["filename"] == "DSC_1234.jpg"
        assert 0 < found["results"][0]["score"] <= 1
    filtered = {"query": "temple", "filters": {"width": {"gte": 5000}}}
    assert (await gateway.post(f"{API}/search", json=filtered)).json()["results"] == []
    unknown = await gateway.post(f"{API}/search", json={"query": "x", "filters": {"colour": "red"}})
    assert code_of(unknown) == (422, "invalid_request")


async def test_a_search_by_a_picture_finds_that_picture_first(
    gateway: httpx.AsyncClient, collection: str, store: Store, settings: GatewaySettings, tmp_path: Path
) -> None:
    points = {}
    async with QueryVectors.open(settings) as vectors:
        for number, photo in enumerate(photos.real_photos()[-3:]):
            path = tmp_path / f"{number}-{photo.name}"
            path.write_bytes(photo.read_bytes())
            vector = await vectors.of_image(normalise(path.read_bytes(), Limits()).jpeg)
            points[path] = await stored(store, collection, path, vector)

    for path, point in points.items():
        response = await gateway.post(
            f"{API}/search/image", params={"limit": 2}, files={"file": (path.name, path.read_bytes())}
        )
        found = response.json()
        assert (response.status_code, found["mode"]) == (200, "vector")
        assert found["results"][0]["id"] == point
        assert found["results"][0]["score"] == pytest.approx(1.0, abs=1e-3)
        assert len(found["results"]) == 2


async def test_a_search_by_what_is_no_picture_is_a_400(gateway: httpx.AsyncClient, collection: str) -> None:
    response = await gateway.post(f"{API}/search/image", files={"file": ("a.txt", b"only words")})

    assert collection
    assert code_of(response) == (400, "unsupported_type")


async def test_a_search_with_another_model_than_filled_the_collection_is_a_400(
    gateway: httpx.AsyncClient, collection: str, publisher: Publisher, settings: GatewaySettings
) -> None:
    state = await state_of(settings, collection)
    assert state is not None
    old = FilledBy(name=collection, generation=state.generation, model="older")
    await publisher.publish([fact(old), fact(ModelInUse(model="newer", dimension=512))])

    response = await gateway.post(f"{API}/search/image", files={"file": ("a.jpg", photos.jpeg())})

    assert code_of(response) == (400, "model_mismatch")


@pytest.mark.parametrize(("filled", "size", "code"), [
    ("newer", 8, "vector_size_mismatch"), ("older", 512, "model_mismatch"),
])  # fmt: skip
async def test_a_job_whose_model_does_not_fit_is_refused_before_it_begins(
    gateway: httpx.AsyncClient, collection: str, publisher: Publisher, settings: GatewaySettings,
    *, tmp_path: Path, filled: str, size: int, code: str,
) -> None:  # fmt: skip
    state = await state_of(settings, collection)
    assert state is not None
    before = FilledBy(name=collection, generation=state.generation, model=filled)
    await publisher.publish([fact(before), fact(ModelInUse(model="newer", dimension=size))])

    scan = await gateway.post(
        f"{API}/ingest", json={"directory_path": str(tmp_path), "collection": collection}
    )
    upload = await gateway.post(
        f"{API}/ingest/upload", params={"collection": collection}, files={"files": ("a.jpg", photos.jpeg())}
    )

    for refused in (scan, upload):
        assert code_of(refused) == (409, code)
        assert "collection" in refused.json()["detail"]

    fresh = f"c{uuid4().hex[:8]}"
    await gateway.post(f"{API}/collections", json={"collection_name": fresh})
    assert (await info_of(gateway, fresh))["config"] == {"vector_size": size, "distance": "Cosine"}
    ready = [
        Heartbeat(instance=f"{stage}-1", stage=stage, release="1", state="ready") for stage in stages.needed()
    ]
    await publisher.publish([Outgoing(SERVICES, beat.instance, encode(beat)) for beat in ready])
    told = (await gateway.get(f"{API}/capabilities")).json()
    assert (told["is_ready_for_ingestion"], told["not_ready_reason"]) == (False, scan.json()["detail"])


@pytest.mark.slow
async def test_a_search_by_a_picture_says_that_the_ml_service_is_away(
    second: httpx.AsyncClient, collection: str
) -> None:
    """The second replica's ML service is one that is not there."""
    response = await second.post(f"{API}/search/image", files={"file": ("a.jpg", photos.jpeg())})

    assert collection
    assert code_of(response) == (503, "ml_unavailable")


async def test_the_api_documents_itself_without_help_from_outside(gateway: httpx.AsyncClient) -> None:
    root = await gateway.get("/")
    docs = (await gateway.get("/docs")).text
    document = (await gateway.get("/openapi.json")).json()

    assert (root.status_code, root.headers["location"]) == (307, "/docs")
    assert not re.search(r"""(src|href)=["'](https?:)?//""", docs)
    for asset in re.findall(r"""(?:src|href)=["'](/docs/[^"']+)""", docs):
        assert (await gateway.get(asset)).status_code == 200
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            assert operation["description"], path
    assert (await gateway.get("/asyncapi.json")).json()["asyncapi"].startswith("3.")
    assert (await gateway.get("/asyncapi")).status_code == 200


@pytest.mark.slow
async def test_probes_tell_how_things_are(gateway: httpx.AsyncClient) -> None:
    for path, status in (("/health", "healthy"), ("/livez", "alive")):
        response = await gateway.get(path)
        assert (response.status_code, response.json()["status"]) == (200, status)
    # On a busy machine the store may take longer than one probe waits.
    await until(lambda: _is_ready(gateway))
    assert (await gateway.get("/health")).json()["services"]["gateway"] == "ready"


async def _is_ready(gateway: httpx.AsyncClient) -> bool:
    response = await gateway.get("/readyz")
    return (response.status_code, response.json()["status"]) == (200, "ready")


async def test_without_kafka_the_gateway_lives_waits_and_says_so(tmp_path: Path, store: Store) -> None:
    port = free_port()
    settings = gateway_settings("127.0.0.1:1", "x-", tmp_path, port=port)
    service, stop = build(settings, store), asyncio.Event()
    task = asyncio.create_task(service.run(stop))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        await until(lambda: service.health.state == "waiting")
        live, ready = await client.get("/livez"), await client.get("/readyz")
        jobs = await client.get(f"{API}/ingest/jobs")
    stop.set()
    await asyncio.wait_for(task, 15)

    assert (live.status_code, ready.status_code) == (200, 503)
    assert "Kafka" in ready.json()["reason"]
    assert code_of(jobs) == (503, "broker_unavailable")


@pytest.mark.slow
async def test_the_service_serves_on_its_port_and_a_second_one_is_told_the_way_out(
    kafka: Broker, prefix: str, tmp_path: Path, store: Store
) -> None:
    settings = gateway_settings(kafka.bootstrap_servers, prefix, tmp_path, port=free_port())
    async with running(build(settings, store)):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.port}") as client:
            assert (await client.get("/readyz")).status_code == 200
        with pytest.raises(SluiceError, match="set PORT") as refusal:
            await build(settings, store).run(asyncio.Event())

    assert refusal.value.code is Code.PORT_BUSY


async def test_a_slash_at_the_end_changes_nothing_and_the_active_collection_is_told(
    gateway: httpx.AsyncClient, tmp_path: Path
) -> None:
    name = f"Été 2019. {uuid4().hex[:6]}"
    made = await gateway.post(f"{API}/collections/", json={"collection_name": name})
    await gateway.post(f"{API}/collections/select/", json={"collection_name": name})

    listed = (await gateway.get(f"{API}/collections/")).json()
    active = (await gateway.get(f"{API}/collections/active")).json()
    decomposed = unicodedata.normalize("NFD", name)
    found = await gateway.get(f"{API}/collections/{decomposed}/info")

    assert made.status_code == 201, made.text
    assert name in listed
    assert active == {"active_collection": name}
    assert (found.status_code, found.json()["name"]) == (200, name)
    assert (await gateway.get("/livez/")).status_code == 200
    searched = (await gateway.post(f"{API}/search", json={"collection": decomposed})).json()
    assert searched["collection"] == name
    body = {"directory_path": str(tmp_path), "collection": decomposed}
    job = (await gateway.post(f"{API}/ingest", json=body)).json()["job_id"]
    jobs = (await gateway.get(f"{API}/ingest/jobs", params={"collection": decomposed})).json()["items"]
    assert [each["job_id"] for each in jobs] == [job]
    wrong = await gateway.post(f"{API}/collections", json={"collection_name": "../x"})
    assert code_of(wrong) == (422, "invalid_request")
