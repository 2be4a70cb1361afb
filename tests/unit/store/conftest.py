"""One store after another for the suite: embedded, over HTTP, and the real server where Docker runs."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from libs.common.points.fields import INDEXES
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Distance, Store
from libs.common.store.server.store import ServerStore
from tests.support.qdrant import HOST, QdrantHttp, docker_problem, qdrant_container, qdrant_http

_numbers = count()

_USED = ("file_hash", "tags", "width", "size", "has_caption", "search_text", "folders", "taken_at", "month")
_USED_TOO = ("location", "place", "camera", "iso", "kind", "people")
ASKED = {field: INDEXES[field] for field in (*_USED, *_USED_TOO)}
"""The indexes of what these tests ask by: with all of them each collection takes twice as long."""


@pytest.fixture(scope="session")
async def http_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[QdrantHttp]:
    async with qdrant_http(tmp_path_factory.mktemp("qdrant"), indexes=ASKED) as server:
        yield server


@pytest.fixture(scope="session")
async def server_store(http_server: QdrantHttp) -> AsyncIterator[ServerStore]:
    store = ServerStore(HOST, http_server.port)
    yield store
    await store.close()


@pytest.fixture(scope="session")
async def edge_store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EdgeStore]:
    store = EdgeStore(tmp_path_factory.mktemp("edge"), indexes=ASKED)
    yield store
    await store.close()


@pytest.fixture(scope="session")
async def container_store() -> AsyncIterator[ServerStore]:
    if problem := docker_problem():
        pytest.skip(problem)
    async with qdrant_container() as port:
        store = ServerStore(HOST, port)
        yield store
        await store.close()


@pytest.fixture(params=["edge_store", "server_store", "container_store"])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(request.param)
    return found


@dataclass(frozen=True)
class Collection:
    """A fresh collection of one of the stores."""

    store: Store
    name: str

    async def clear(self) -> None:
        """Empty it, which is quicker than a new one for each example of a property."""
        page, _ = await self.store.scroll(self.name, limit=1000, payload="none")
        await self.store.delete_points(self.name, [record.id for record in page])


Shared = dict[tuple[int, Distance], Collection]


def new_name() -> str:
    return f"photos-{next(_numbers)}"


@pytest.fixture(params=["Cosine", "Euclid", "Dot", "Manhattan"])
def distance(request: pytest.FixtureRequest) -> Distance:
    found: Distance = request.param
    return found


@pytest.fixture(scope="session")
def shared() -> Shared:
    """One collection a store and metric: most tests need an empty one, few a new one."""
    return {}


@pytest.fixture
async def collection(store: Store, shared: Shared) -> Collection:
    return await _empty(store, "Cosine", shared)


@pytest.fixture
async def any_metric(store: Store, distance: Distance, shared: Shared) -> Collection:
    return await _empty(store, distance, shared)


async def _empty(store: Store, distance: Distance, shared: Shared) -> Collection:
    found = shared.get((id(store), distance))
    if found and found.name in await store.collections():
        await found.clear()
        return found
    made = shared[id(store), distance] = Collection(store, new_name())
    await store.create(made.name, 4, distance)
    return made


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "store"
