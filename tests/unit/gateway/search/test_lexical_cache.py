"""The words that are held follow the store: what is stored is found, what is gone is not."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from libs.common.control import CollectionState
from libs.common.errors import Code, SluiceError
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Point, Record, Store
from services.gateway.search import lexical_cache
from services.gateway.search.lexical_cache import LexicalCache


class Generations:
    """The one question that is asked of the control table."""

    def __init__(self) -> None:
        self.generation = "first"

    def collection(self, name: str) -> CollectionState:
        return CollectionState(name=name, generation=self.generation)


@pytest.fixture(scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    edge = EdgeStore(tmp_path_factory.mktemp("held") / "store")
    yield edge
    await edge.close()


@pytest.fixture
async def name(store: Store) -> str:
    made = f"c{uuid4().hex[:8]}"
    await store.create(made, 4, "Cosine")
    return made


@pytest.fixture
def generations() -> Generations:
    return Generations()


@pytest.fixture
async def held(store: Store, generations: Generations) -> AsyncIterator[LexicalCache]:
    control: Any = generations
    async with LexicalCache.open(store, control) as words:
        yield words


async def put(store: Store, name: str, caption: str, id_: str | None = None, **payload: Any) -> str:
    point = Point(id_ or str(uuid4()), [1.0, 0.0, 0.0, 0.0], {"caption": caption, **payload})
    await store.upsert(name, [point])
    return point.id


async def found(held: LexicalCache, name: str, word: str) -> list[str]:
    answer = await held.of(name, 5)
    assert answer is not None
    index, whole = answer
    assert whole
    return [id_ for _, id_ in index.best([word], 10)]


async def test_what_is_stored_is_found_at_once(store: Store, name: str, held: LexicalCache) -> None:
    assert await found(held, name, "tree") == []
    for _ in range(5):
        point = await put(store, name, "tree", stored_at=time.time())
        assert point in await found(held, name, "tree")


async def test_points_that_do_not_say_when_they_were_stored_are_found_too(
    store: Store, name: str, held: LexicalCache
) -> None:
    await found(held, name, "tree")
    point = await put(store, name, "tree")

    assert await found(held, name, "tree") == [point]


async def test_a_point_that_is_stored_again_is_found_by_its_new_words(
    store: Store, name: str, held: LexicalCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its collection has as many points as before: after a while they are looked through all the same."""
    monkeypatch.setattr(lexical_cache, "LONG_REST", 0.0)
    point = await put(store, name, "tree", stored_at=time.time())
    assert await found(held, name, "tree") == [point]

    await put(store, name, "house", point, stored_at=time.time())

    assert await found(held, name, "tree") == []
    assert await found(held, name, "house") == [point]


async def test_what_is_deleted_is_found_no_more(store: Store, name: str, held: LexicalCache) -> None:
    point = await put(store, name, "tree", stored_at=time.time())
    assert await found(held, name, "tree") == [point]

    await store.delete_points(name, [point])

    assert await found(held, name, "tree") == []


async def test_a_collection_that_was_made_anew_is_read_anew(
    store: Store, name: str, held: LexicalCache, generations: Generations
) -> None:
    await put(store, name, "tree", stored_at=time.time())
    await found(held, name, "tree")
    await store.delete(name)
    await store.create(name, 4, "Cosine")
    generations.generation = "second"
    other = await put(store, name, "house", stored_at=1.0)

    assert await found(held, name, "tree") == []
    assert await found(held, name, "house") == [other]


async def test_two_searches_at_once_read_the_collection_once(
    store: Store, name: str, held: LexicalCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(store, name, "tree", stored_at=time.time())
    scroll, calls = store.scroll, 0

    async def counted(*args: Any, **options: Any) -> tuple[list[Record], str | None]:
        nonlocal calls
        calls += 1
        return await scroll(*args, **options)

    monkeypatch.setattr(store, "scroll", counted)
    both = await asyncio.gather(found(held, name, "tree"), found(held, name, "tree"))

    assert both[0] == both[1] != []
    assert calls == 1


async def test_too_large_a_collection_is_not_held(
    store: Store, name: str, held: LexicalCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexical_cache, "MOST", 0)
    await put(store, name, "tree")

    assert await held.of(name, 5) is None


async def test_a_store_that_fails_meanwhile_is_told_and_asked_again(
    store: Store, name: str, held: LexicalCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = await put(store, name, "tree", stored_at=time.time())

    async def away(*_: Any, **__: Any) -> tuple[list[Record], str | None]:
        raise SluiceError(Code.STORE_UNAVAILABLE, "the store is away")

    with monkeypatch.context() as patched:
        patched.setattr(store, "scroll", away)
        with pytest.raises(SluiceError, match="away"):
            await held.of(name, 5)

    assert await found(held, name, "tree") == [point]
