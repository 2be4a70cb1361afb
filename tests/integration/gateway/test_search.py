"""Searches: by meaning where the model has words, page by page, and with filters that are none."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pytest

from libs.common.control import ModelInUse
from libs.common.errors import FileError
from libs.common.kafka.outgoing import fact
from libs.common.kafka.publisher import Publisher
from libs.common.points.derived import additions
from libs.common.points.field import Index
from libs.common.points.fields import INDEXES
from libs.common.store.protocol import Payload, Point, Store
from services.ml.app import build
from services.ml.engine.backend import Described, Likeness, TextVector
from services.ml.settings import MLServiceSettings
from tests.support import photos
from tests.support.serving import running
from tests.support.system import free_port, new_collection

API = "/api/v1"
COUNT = 25
DIRECTIONS = {"night": [1.0, 0.0, 0.0, 0.0], "day": [0.0, 1.0, 0.0, 0.0]}


class Words:
    """A backend that knows two words, each a direction, and takes every image for night."""

    model = "words"
    caption_model: str | None = None
    dimension = 4
    has_text_model = True
    input_side: int | None = None
    likeness = Likeness(duplicate=0.98, related=0.9)
    safe_batch = 4
    parallel = 1
    device = "cpu"
    precision: str | None = None

    def load(self) -> None: ...

    def unload(self) -> None: ...

    def shrink(self) -> None: ...

    def prepare(self, image: bytes, *, caption: bool) -> bytes:
        assert not caption
        return image

    def compute(self, batch: Sequence[bytes]) -> list[Described | FileError]:
        return [Described(np.array(DIRECTIONS["night"], np.float32), None) for _ in batch]

    def sample(self) -> None: ...

    def embed_text(self, text: str) -> TextVector:
        return TextVector(np.array(DIRECTIONS[text], np.float32))


@pytest.fixture(scope="module")
def indexes() -> Mapping[str, Index]:
    """All."""
    return INDEXES


@pytest.fixture(scope="module")
async def ml_port() -> AsyncIterator[int]:
    port = free_port()
    async with running(build(MLServiceSettings(port=port), Words())):
        yield port


@pytest.fixture(scope="module")
def options(ml_port: int) -> dict[str, Any]:
    return {"ml_inference_service_url": f"http://127.0.0.1:{ml_port}", "qdrant_vector_size": 4}


def known(**fields: Any) -> Payload:
    """The payload of a point that holds these fields, with what follows from them."""
    return fields | additions(fields)


@pytest.fixture
async def album(gateway: httpx.AsyncClient, store: Store) -> list[str]:
    """Ids of points between night and day, the nearest to night first; their captions all match alike."""
    name = f"c{uuid4().hex[:8]}"
    await new_collection(gateway, name)
    points = [
        Point(
            str(uuid4()), [float(COUNT - n), float(n), 0.0, 0.0], known(filename=f"{n}.jpg", caption="tree")
        )
        for n in range(COUNT)
    ]
    await store.upsert(name, points)
    return [point.id for point in points]


async def search(gateway: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await gateway.post(f"{API}/search", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_text_is_searched_by_meaning_where_the_model_has_words(
    gateway: httpx.AsyncClient, album: list[str], publisher: Publisher
) -> None:
    words = await search(gateway, query="night")
    seen = ModelInUse(model="words", dimension=4, has_text=True, related_likeness=0.9, words_likeness=0.5)
    await publisher.publish([fact(seen)])

    night, day = await search(gateway, query="night", limit=3), await search(gateway, query="day", limit=3)

    assert (words["mode"], words["results"]) == ("lexical", [])
    assert (night["mode"], night["model"]) == ("vector", "words")
    assert [hit["id"] for hit in night["results"]] == album[:3]
    assert (night["floor"], words["floor"]) == (0.5, None)
    assert [hit["id"] for hit in day["results"]] == album[:-4:-1]
    assert night["results"][0]["score"] == pytest.approx(1.0, abs=1e-5)
    await publisher.publish([fact(ModelInUse(model="words", dimension=4, has_text=False))])


@pytest.mark.parametrize("how", ["words", "picture"])
async def test_pages_together_are_the_whole_and_nothing_comes_twice(
    gateway: httpx.AsyncClient, album: list[str], how: str
) -> None:
    seen: list[str] = []
    for offset in range(0, COUNT + 7, 7):
        if how == "words":
            page = await search(gateway, query="tree", limit=7, offset=offset)
        else:
            answer = await gateway.post(
                f"{API}/search/image",
                params={"limit": 7, "offset": offset},
                files={"file": photos.png(64, 48)},
            )
            page = answer.json()
        assert len(page["results"]) == min(7, max(COUNT - offset, 0))
        seen += [hit["id"] for hit in page["results"]]

    assert seen == (sorted(album) if how == "words" else album)


@pytest.fixture
async def photos_of_a_year(gateway: httpx.AsyncClient, store: Store) -> tuple[str, list[str]]:
    """A collection of 60 equal pictures, one a month from 2015 on, and their ids."""
    name = f"c{uuid4().hex[:8]}"
    await new_collection(gateway, name)
    points = [
        Point(
            str(uuid4()),
            [1.0, 0.0, 0.0, 0.0],
            known(
                filename=f"IMG_{n}.jpg",
                full_path=f"/photos/{2015 + n // 12}/IMG_{n}.jpg",
                caption="a red boat" if n % 2 else "a boat, red",
                format="JPEG",
                exif_EXIF_DateTimeOriginal=f"{2015 + n // 12}:{n % 12 + 1:02}:15 10:00:00",
                exif_Image_Model="Sony A7" if n % 3 else "Canon R5",
                thumbnail_base64="/9j/4AAQ",
            ),
        )
        for n in range(60)
    ]
    await store.upsert(name, points)
    return name, [point.id for point in points]


@pytest.mark.parametrize("size", [5, 10, 20])
@pytest.mark.parametrize("how", ["words", "picture", "list", "sorted", "gallery", "similar"])
async def test_equal_pictures_come_once_in_pages_of_any_size(
    gateway: httpx.AsyncClient, photos_of_a_year: tuple[str, list[str]], size: int, how: str
) -> None:
    name, ids = photos_of_a_year
    seen: list[str] = []
    cursor = None
    while True:
        body = {"limit": size, **({"cursor": cursor} if cursor else {})}
        if how == "picture":
            files = {"file": photos.png(64, 48)}
            answer = await gateway.post(f"{API}/search/image", params=body, files=files)
        elif how == "gallery":
            answer = await gateway.get(f"{API}/collections/{name}/images", params=body)
        elif how == "similar":
            answer = await gateway.get(f"{API}/images/{ids[0]}/similar", params=body)
        else:
            bodies = {
                "words": {"query": "boat"},
                "list": {},
                "sorted": {"query": "boat", "sort": "-taken_at"},
            }
            answer = await gateway.post(f"{API}/search", json=bodies[how] | body)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        seen += [hit["id"] for hit in page.get("results") or page.get("items") or []]
        cursor = page["next"]
        if cursor is None:
            break

    assert sorted(seen) == sorted(ids[1:] if how == "similar" else ids)
    if how in ("sorted", "gallery"):
        assert seen == ids[::-1]


@pytest.mark.parametrize("sort", ["-taken_at", ""])
async def test_a_gallery_can_be_entered_anywhere_and_shows_thumbnails_if_asked(
    gateway: httpx.AsyncClient, photos_of_a_year: tuple[str, list[str]], sort: str
) -> None:
    name, ids = photos_of_a_year

    async def page(**params: Any) -> list[dict[str, Any]]:
        url = f"{API}/collections/{name}/images"
        answer = await gateway.get(url, params={"sort": sort, **params})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    whole = await page(limit=100)
    assert [each["id"] for each in await page(offset=3, limit=4)] == [each["id"] for each in whole[3:7]]
    assert await page(offset=len(ids), limit=4) == []
    assert "thumbnail_base64" not in whole[0]["payload"]
    assert (await page(limit=1, thumbnails=True))[0]["payload"]["thumbnail_base64"]


@pytest.mark.usefixtures("photos_of_a_year")
async def test_hits_have_thumbnails_if_asked(gateway: httpx.AsyncClient) -> None:
    for asked, there in ((False, False), (True, True)):
        answer = await gateway.post(f"{API}/search", json={"query": "boat", "limit": 1, "thumbnails": asked})
        (hit,) = answer.json()["results"]
        assert ("thumbnail_base64" in hit["payload"]) is there


async def test_what_was_said_of_an_image_is_told_where_there_is_any(
    gateway: httpx.AsyncClient, store: Store
) -> None:
    name, said, silent = f"c{uuid4().hex[:8]}", str(uuid4()), str(uuid4())
    await new_collection(gateway, name)
    payload = known(filename="a.jpg", people=["Ada"], rating=4, picture_text="EXIT", title="A door")
    vector = [1.0, 0.0, 0.0, 0.0]
    points = [Point(said, vector, payload), Point(silent, vector, known(filename="b.jpg"))]
    await store.upsert(name, points)

    told = (await gateway.get(f"{API}/images/{said}/info")).json()
    assert [told[field] for field in ("people", "rating", "text", "title")] == [["Ada"], 4, "EXIT", "A door"]
    assert not {"people", "rating", "text"} & (await gateway.get(f"{API}/images/{silent}/info")).json().keys()


async def test_words_phrases_and_exclusions_find_what_they_say_and_why(
    gateway: httpx.AsyncClient, photos_of_a_year: tuple[str, list[str]]
) -> None:
    _, ids = photos_of_a_year

    phrase = await search(gateway, query='"red boat"', limit=100)
    without = await search(gateway, query="boat -sony", limit=100)
    name = await search(gateway, query="img_17", limit=1)

    assert {hit["id"] for hit in phrase["results"]} == set(ids[1::2])
    assert {hit["id"] for hit in without["results"]} == set(ids[::3])
    assert name["results"][0]["id"] == ids[17]
    assert name["results"][0]["why"] == {
        "likeness": None,
        "words": [{"word": "img", "field": "filename"}, {"word": "17", "field": "filename"}],
    }


async def test_meaning_and_words_are_fused_where_the_model_reads_text(
    gateway: httpx.AsyncClient, store: Store, publisher: Publisher
) -> None:
    name = f"c{uuid4().hex[:8]}"
    await new_collection(gateway, name)
    ids = [str(uuid4()) for _ in range(3)]
    await store.upsert(
        name,
        [
            Point(ids[0], [1.0, 0.0, 0.0, 0.0], known(filename="a.jpg", caption="stars")),
            Point(ids[1], [0.9, 0.1, 0.0, 0.0], known(filename="b.jpg", caption="night and day")),
            Point(ids[2], [0.0, 1.0, 0.0, 0.0], known(filename="c.jpg", caption="sun")),
        ],
    )
    await publisher.publish([fact(ModelInUse(model="words", dimension=4, has_text=True))])

    fused = await search(gateway, query="night")
    meaning = await search(gateway, query="night", mode="meaning")
    words = await search(gateway, query="night", mode="words")
    await publisher.publish([fact(ModelInUse(model="words", dimension=4, has_text=False))])
    refused = await gateway.post(f"{API}/search", json={"query": "night", "mode": "meaning"})

    assert (fused["mode"], fused["results"][0]["id"]) == ("hybrid", ids[1])
    assert fused["results"][0]["why"]["words"] == [{"word": "night", "field": "caption"}]
    assert fused["results"][0]["why"]["likeness"] == pytest.approx(0.9939, abs=1e-3)
    assert (meaning["mode"], [hit["id"] for hit in meaning["results"]]) == ("vector", ids)
    assert (words["mode"], [hit["id"] for hit in words["results"]]) == ("lexical", [ids[1]])
    assert (refused.status_code, refused.json()["code"]) == (400, "no_text_model")


async def test_facets_count_what_the_filters_leave(
    gateway: httpx.AsyncClient, photos_of_a_year: tuple[str, list[str]]
) -> None:
    name, _ = photos_of_a_year
    filters = '{"taken_at": "2016", "below": "/photos/2016"}'
    answer = await gateway.get(
        f"{API}/collections/{name}/facets", params={"fields": "camera,month,format", "filters": filters}
    )
    found = answer.json()

    assert answer.status_code == 200, answer.text
    assert found["total"] == 12
    assert found["facets"]["camera"] == [{"value": "Sony A7", "count": 8}, {"value": "Canon R5", "count": 4}]
    assert len(found["facets"]["month"]) == 12
    wrong = await gateway.get(f"{API}/collections/{name}/facets", params={"fields": "caption"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_request")
    assert "camera" in wrong.json()["detail"]
    gone = await gateway.get(f"{API}/collections/nothing/facets", params={"fields": "camera"})
    assert (gone.status_code, gone.json()["code"]) == (404, "collection_not_found")


def forged(*parts: Any) -> str:
    """A cursor that no page gave."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


async def test_a_query_without_words_finds_nothing_and_one_that_only_excludes_the_rest(
    gateway: httpx.AsyncClient, album: list[str]
) -> None:
    for sign in ("🎉", "!!!", "\0", "\u200f\ufdd0"):
        assert (await search(gateway, query=sign))["results"] == []
        assert (await search(gateway, query=sign, sort="width"))["results"] == []
    assert (await search(gateway, query="-tree"))["results"] == []
    for nothing in ("-sea", ' "" ', " "):
        assert len((await search(gateway, query=nothing, limit=100))["results"]) == len(album)


async def test_a_cursor_or_an_order_that_is_none_is_a_422(
    gateway: httpx.AsyncClient, album: list[str]
) -> None:
    page = await search(gateway, query="tree", limit=5)
    listed = await search(gateway, sort="-width", limit=5)
    for wrong in (
        {"cursor": "x"},
        {"sort": "caption"},
        {"sort": "iso,-taken_at"},
        {"sort": "iso", "cursor": page["next"]},
        {"sort": "-iso", "cursor": listed["next"]},
        {"query": "another", "cursor": page["next"]},
        {"query": None, "like": album[0], "cursor": page["next"]},
        {"cursor": forged("r", 0.5, "x", 3)},
        {"cursor": forged("r", 0.5, album[0], -1)},
        {"cursor": forged("r", 0.5, album[0], 10**9)},
        {"sort": "-taken_at", "cursor": forged("o", "-taken_at", 5, album[0])},
        {"sort": "-taken_at", "cursor": forged("o", "-taken_at", "x", album[0])},
        {"sort": "width", "cursor": forged("o", "width", "2019-01-01T00:00:00Z", album[0])},
        {"sort": "width", "cursor": forged("o", "width", 5, "../x")},
        {"like": album[0]},
        {"query": None, "like": album[0], "sort": "width"},
    ):
        answer = await gateway.post(f"{API}/search", json={"query": "tree"} | wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), wrong


async def test_filters_that_no_store_can_hold_are_a_422_in_words(
    gateway: httpx.AsyncClient, album: list[str]
) -> None:
    assert album
    for wrong in ("NaN", "1e999", "9" * 30, "-Infinity", '"\\ud800"'):
        body = f'{{"query": "tree", "filters": {{"width": {{"gte": {wrong}}}}}}}'
        by_text = await gateway.post(
            f"{API}/search", content=body, headers={"content-type": "application/json"}
        )
        by_image = await gateway.post(
            f"{API}/search/image",
            params={"filters": f'{{"caption": [{wrong}]}}'},
            files={"file": photos.png(64, 48)},
        )
        for answer in (by_text, by_image):
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), wrong
            assert "filters" in answer.json()["detail"]


async def test_a_random_image_is_one_of_the_active_collection(
    gateway: httpx.AsyncClient, album: list[str]
) -> None:
    found = [(await gateway.get(f"{API}/random")).json() for _ in range(20)]

    assert {point["id"] for point in found} <= set(album)
    assert len({point["id"] for point in found}) > 1
    assert found[0]["payload"]["caption"] == "tree"


async def test_an_empty_collection_has_no_random_image(gateway: httpx.AsyncClient) -> None:
    await new_collection(gateway, f"c{uuid4().hex[:8]}")

    answer = await gateway.get(f"{API}/random")

    assert (answer.status_code, answer.json()["code"]) == (404, "image_not_found")


@pytest.mark.slow
async def test_a_hostile_picture_costs_its_own_search_and_no_other(
    gateway: httpx.AsyncClient, album: list[str]
) -> None:
    """The decoder of a picture is a process of its own; here it is ended while it decodes."""
    bomb = photos.png(64, 48)[:40] + b"\0" * 100

    answers = await asyncio.gather(
        *(gateway.post(f"{API}/search/image", files={"file": data}) for data in (bomb, photos.png(64, 48)))
    )

    assert album
    assert [answer.status_code for answer in answers] == [400, 200]


@pytest.mark.slow
async def test_a_folder_on_a_share_that_is_gone_is_a_400_and_other_calls_go_on(
    gateway: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, album: list[str]
) -> None:
    never = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hangs(*_: object, **__: object) -> Path:
        asyncio.run_coroutine_threadsafe(never.wait(), loop).result()
        return tmp_path

    monkeypatch.setattr("services.gateway.jobs.submit.resolve_source", hangs)
    body = {"directory_path": "/mnt/nas/photos"}
    bodies = [asyncio.create_task(gateway.post(f"{API}/ingest", json=body)) for _ in range(40)]
    await asyncio.sleep(0)
    found = await search(gateway, query="tree", limit=1)
    answers = await asyncio.gather(*bodies)
    never.set()

    assert album
    assert len(found["results"]) == 1
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(400, "read_failed")}
    assert "/mnt/nas/photos does not answer in 5 s" in answers[0].json()["detail"]


async def test_a_collection_that_is_not_the_active_one_is_searched_where_it_is_named(
    gateway: httpx.AsyncClient, album: list[str]
) -> None:
    named = (await search(gateway))["collection"]
    await new_collection(gateway, f"c{uuid4().hex[:8]}")

    assert (await search(gateway, query="tree"))["results"] == []
    found = await search(gateway, query="tree", collection=named, limit=100)
    assert (found["collection"], {hit["id"] for hit in found["results"]}) == (named, set(album))
    refused = await gateway.post(f"{API}/search", json={"query": "tree", "collection": "nowhere"})
    assert (refused.status_code, refused.json()["code"]) == (404, "collection_not_found")
