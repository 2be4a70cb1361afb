"""How long each kind of search takes: 100,000 points next to a running job, and a million alone."""

import random
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from bench import photos
from bench.connection import Answer, PlainHttp
from bench.filled import add, filled, point_id, random_rows
from bench.known_photos import WORDS, photo, small
from bench.place import Place
from bench.result import Figure
from bench.system import stub, system
from bench.waits import Call, figure, measured
from libs.common.errors import Code, SluiceError
from libs.common.store.edge import EdgeStore

NAME, SIZE = "search", 512
POINTS, MILLION = 100_000, 1_000_000
COMPARED = 10_000
"""Points that are stored with and without indexes."""
TURN = 1_000
"""Of these, as many at a time: the speed of a machine changes within seconds."""
JOB_RATE = 60
"""Images a second that the model of the job next to the searches takes."""
CALLS, MILLION_CALLS = 200, 40
DEEP = 1_000
"""The page of the gallery that is to be as fast as the first."""
PAGE = 50


@dataclass(frozen=True, slots=True)
class Limit:
    """Milliseconds."""

    p50: float
    p99: float | None = None


LIMITS: Mapping[str, Limit] = {
    "words": Limit(5, 30),
    "words-date-folder": Limit(5, 30),
    "vector-filters": Limit(15, 50),
    "fused": Limit(25, 80),
    "gallery-page": Limit(10, 40),
    "facets": Limit(20, 60),
}

MODES = {"words": "lexical", "words-date-folder": "lexical", "vector-filters": "vector", "fused": "hybrid"}


async def search(place: Place) -> list[Figure]:
    """100,000 points as photos give them, each kind of search by turns while a job runs."""
    folder, data = photos.variants(place.inputs, 20_000), place.fresh()
    kept = await _kept_by_indexes(place)
    await filled(data / "store", NAME, POINTS, random_rows(SIZE), photo)
    async with (
        stub(0.0, 1000 / JOB_RATE, reads_text=True) as model,
        system(data, ML_INFERENCE_SERVICE_URL=model.base_url) as running,
    ):
        await running.collection("filling")
        job = await running.submit(folder)
        await running.select(NAME)
        async with PlainHttp.open(running.port) as http:
            waits = await measured(await _checked(_calls(http, POINTS)), lambda number: number < CALLS)
            pages = await _pages(http)
        left = await running.status(job)
    if left["status"] != "running":
        raise SluiceError(Code.INTERNAL, f"the job was to be running still: {left['message']}")
    note = f"{CALLS} calls next to a job at {left['rate']:.0f} files a second"
    found = [shown for name, each in waits.items() for shown in _figures(name, each, LIMITS[name], note)]
    return [*found, pages, kept]


async def search_million(place: Place) -> list[Figure]:
    """A million points with small payloads and nothing next to them."""
    data = place.fresh()
    start = time.perf_counter()
    await filled(data / "store", NAME, MILLION, random_rows(SIZE), small)
    rate = MILLION / (time.perf_counter() - start)
    async with (
        stub(reads_text=True) as model,
        system(data, ML_INFERENCE_SERVICE_URL=model.base_url) as running,
    ):
        await running.select(NAME)
        async with PlainHttp.open(running.port) as http:
            waits = await measured(
                await _checked(_calls(http, MILLION)), lambda number: number < MILLION_CALLS
            )
        memory = running.memory_mb()
    note = (
        f"{MILLION} points, stored at {rate:.0f} a second; ready after {running.ready_s:.0f} s; "
        f"all processes take {memory:.0f} MB"
    )
    limits = {name: Limit(300 if name in ("vector-filters", "fused") else 50) for name in waits}
    return [
        shown
        for name, each in waits.items()
        for shown in _figures(f"million-{name}", each, limits[name], note)
    ]


async def _kept_by_indexes(place: Place) -> Figure:
    """The rate of storing points with all indexes, as a share of that without; the same points, by turns."""
    payloads = [photo(number) for number in range(COMPARED)]
    seconds = {True: 0.0, False: 0.0}
    async with AsyncExitStack() as stores:
        made = {indexed: await _empty(stores, place, indexed) for indexed in seconds}
        for start in range(0, COMPARED, TURN):
            for indexed, store in made.items():
                began = time.perf_counter()
                turn = range(start, min(start + TURN, COMPARED))
                await add(store, NAME, turn, random_rows(SIZE), payloads.__getitem__)
                seconds[indexed] += time.perf_counter() - began
    return Figure(
        name="search-upserts",
        value=COMPARED / seconds[True],
        unit="points/s",
        target=0.85,
        baseline=COMPARED / seconds[False],
        ratio=seconds[False] / seconds[True],
        note="with all indexes, next to none",
    )


async def _empty(stores: AsyncExitStack, place: Place, indexed: bool) -> EdgeStore:
    """A store with an empty collection, with all indexes or none."""
    store = EdgeStore(place.fresh()) if indexed else EdgeStore(place.fresh(), indexes={})
    stores.push_async_callback(store.close)
    await store.open()
    await store.create(NAME, SIZE, "Cosine")
    return store


def _calls(http: PlainHttp, points: int) -> dict[str, Call]:
    chance = random.Random(5)  # noqa: S311 - no secret

    def searched(body: Callable[[], dict[str, Any]]) -> Call:
        return lambda: http.post("/api/v1/search", {"limit": 20, **body()})

    def words() -> dict[str, Any]:
        return {"query": " ".join(chance.sample(WORDS, 2)), "mode": "words"}

    def filters() -> dict[str, Any]:
        year = chance.randrange(2010, 2024)
        return {"taken_at": {"gte": f"{year}-02", "lt": f"{year}-11"}, "below": f"/photos/{year}"}

    def like() -> dict[str, Any]:
        return {"like": point_id(NAME, chance.randrange(points))}

    async def gallery() -> Answer:
        offset = PAGE * chance.randrange(10)
        return await http.get(f"/api/v1/collections/{NAME}/images", {"limit": PAGE, "offset": offset})

    async def facets() -> Answer:
        fields = "camera,month,format,kind"
        return await http.get(f"/api/v1/collections/{NAME}/facets", {"fields": fields})

    return {
        "words": searched(words),
        "words-date-folder": searched(lambda: {**words(), "filters": filters()}),
        "vector-filters": searched(lambda: {**like(), "filters": filters()}),
        "fused": searched(lambda: {**words(), "mode": "hybrid"}),
        "gallery-page": gallery,
        "facets": facets,
    }


async def _checked(calls: dict[str, Call]) -> dict[str, Call]:
    """The calls, if each search is answered in the way that is to be measured; SluiceError internal."""
    for name, mode in MODES.items():
        found = (await calls[name]()).json()["mode"]
        if found != mode:
            raise SluiceError(Code.INTERNAL, f"{name} was to be a search of mode {mode}, and was {found}")
    return calls


async def _pages(http: PlainHttp) -> Figure:
    """Page 1,000 of the gallery next to page 1: the median of the pages around each."""
    first, deep = list[float](), list[float]()
    cursor: str | None = None
    for number in range(DEEP + 10):
        start = time.perf_counter()
        params: dict[str, str | int] = {"limit": PAGE} | ({"cursor": cursor} if cursor else {})
        answer = await http.get(f"/api/v1/collections/{NAME}/images", params)
        cursor = answer.json()["next"]
        wait = 1000 * (time.perf_counter() - start)
        if number < 20:
            first.append(wait)
        elif number >= DEEP - 10:
            deep.append(wait)
    shallow, far = sorted(first)[10], sorted(deep)[10]
    return Figure(
        name="search-page-1000", value=far, unit="ms", target=1.25, bound="at most", baseline=shallow,
        ratio=far / shallow, note="next to the first pages, by cursor",
    )  # fmt: skip


def _figures(name: str, waits: list[float], limit: Limit, note: str) -> list[Figure]:
    found = [figure(name, "p50", waits, limit.p50, note)]
    return found if limit.p99 is None else [*found, figure(name, "p99", waits, limit.p99, note)]
