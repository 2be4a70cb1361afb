"""What a Qdrant server's faults become."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.settings import StoreSettings
from libs.common.store.open import open_server_store
from libs.common.store.protocol import Point
from libs.common.store.server.store import ServerStore
from services.gateway.settings import GatewaySettings
from tests.support.qdrant import HOST, QdrantHttp
from tests.support.qdrant_faults import Fault
from tests.support.waiting import LIMIT_S
from tests.unit.store.conftest import new_name

POINT = Point("00000000-0000-0000-0000-000000000001", [1, 0, 0, 0], {"file_hash": "a"})


@pytest.fixture
async def name(server_store: ServerStore, http_server: QdrantHttp) -> AsyncIterator[str]:
    collection = new_name()
    await server_store.create(collection, 4, "Cosine")
    yield collection
    await http_server.no_faults()


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_what_may_pass_is_unavailable_and_passes(
    server_store: ServerStore, http_server: QdrantHttp, name: str, status: int
) -> None:
    await http_server.fault(Fault("status", status=status))
    with pytest.raises(UnavailableError) as away:
        await server_store.upsert(name, [POINT])
    assert (away.value.code, away.value.retryable) == (Code.STORE_UNAVAILABLE, True)
    assert f"{HOST}:{http_server.port}" in away.value.detail
    assert str(status) in away.value.detail
    await server_store.upsert(name, [POINT])
    assert await server_store.count(name) == 1


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, '{"status":{"error":"Wrong input: no"},"time":0}', Code.STORE_REJECTED),
        (422, '{"status":{"error":"Validation error"},"time":0}', Code.STORE_REJECTED),
        (413, "Payload Too Large", Code.STORE_REJECTED),
        (404, "<html>nginx</html>", Code.STORE_UNAVAILABLE),
        (200, "<html>welcome</html>", Code.STORE_UNAVAILABLE),
        (200, '{"something":"else"}', Code.STORE_UNAVAILABLE),
        (301, "", Code.STORE_UNAVAILABLE),
        (401, "Must provide an API key", Code.STORE_UNAVAILABLE),
        (403, "Forbidden", Code.STORE_UNAVAILABLE),
    ],
)
async def test_each_answer_means_what_it_says(
    server_store: ServerStore, http_server: QdrantHttp, name: str, status: int, body: str, code: Code
) -> None:
    await http_server.fault(Fault("status", status=status, body=body))
    with pytest.raises(SluiceError) as refused:
        await server_store.upsert(name, [POINT])
    assert refused.value.code is code
    assert isinstance(refused.value, UnavailableError) == (code is Code.STORE_UNAVAILABLE)


async def test_a_refused_key_names_the_setting(
    server_store: ServerStore, http_server: QdrantHttp, name: str
) -> None:
    await http_server.fault(Fault("status", status=401, body="Must provide an API key"))
    with pytest.raises(UnavailableError, match="QDRANT_API_KEY"):
        await server_store.info(name)


async def test_a_quota_is_waited_for_with_its_reason(
    server_store: ServerStore, http_server: QdrantHttp, name: str
) -> None:
    """In strict mode; every file of a job failed as if it could never be stored."""
    error = "Bad request: Max points count limit of 10 reached!"
    await http_server.fault(Fault("status", status=400, body=f'{{"status":{{"error":"{error}"}},"time":0}}'))
    with pytest.raises(UnavailableError, match=r"limit of 10 reached.*raise the collection's quota"):
        await server_store.upsert(name, [POINT])


@pytest.mark.parametrize("kind", ["drop", "drop_after"])
async def test_a_dropped_connection_is_unavailable_and_writing_again_is_harmless(
    server_store: ServerStore, http_server: QdrantHttp, name: str, kind: str
) -> None:
    await http_server.fault(Fault("drop" if kind == "drop" else "drop_after", path="/points"))
    with pytest.raises(UnavailableError):
        await server_store.upsert(name, [POINT])
    assert await server_store.count(name) == (1 if kind == "drop_after" else 0)
    await server_store.upsert(name, [POINT])
    assert await server_store.count(name) == 1


async def test_a_slow_server_is_given_up_on_in_time(http_server: QdrantHttp) -> None:
    impatient = ServerStore(HOST, http_server.port, timeout_seconds=1)
    await http_server.fault(Fault("delay", seconds=3))
    with pytest.raises(UnavailableError, match="took too long"):
        await impatient.collections()
    await impatient.close()


async def test_a_server_that_refuses_connections_is_unavailable_until_it_is_back(
    http_server: QdrantHttp, server_store: ServerStore, name: str
) -> None:
    await http_server.fault(Fault("refuse", seconds=0.3))
    with pytest.raises(UnavailableError, match=r"refused|reset|disconnected|broken pipe"):
        await counting_until_it_fails(server_store, name)
    async with asyncio.timeout(LIMIT_S):
        await counting_until_it_works(server_store, name)


async def counting_until_it_fails(store: ServerStore, name: str) -> None:
    for _ in range(1000):
        await store.count(name)


async def counting_until_it_works(store: ServerStore, name: str) -> None:
    while True:
        with contextlib.suppress(UnavailableError):
            assert await store.count(name) == 0
            return


async def test_nobody_listening_is_said_in_plain_words() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        port = taken.getsockname()[1]
        store = ServerStore(HOST, port, timeout_seconds=2)
        with pytest.raises(UnavailableError) as away:
            await store.collections()
    assert away.value.detail == f"the store at {HOST}:{port} does not answer: connection refused"
    await store.close()


async def test_a_host_that_does_not_exist_is_unavailable() -> None:
    store = ServerStore("no-such-host.invalid", 6333, timeout_seconds=5)
    with pytest.raises(UnavailableError, match=r"no-such-host\.invalid:6333 does not answer"):
        await store.collections()
    await store.close()


@pytest.mark.slow
async def test_points_survive_a_restart_of_the_server(tmp_path: Path) -> None:
    first = await QdrantHttp.start(tmp_path)
    store = ServerStore(HOST, first.port)
    await store.create("photos", 4, "Cosine")
    await store.upsert("photos", [POINT])
    await first.stop()
    with pytest.raises(UnavailableError):
        await store.count("photos")
    second = await QdrantHttp.start(tmp_path, first.port)
    assert await store.count("photos") == 1
    await store.close()
    await second.stop()


async def test_opening_from_settings_asks_nothing_and_sends_the_key(http_server: QdrantHttp) -> None:
    """A key without TLS is the operator's choice: no warning, which would fail this test."""
    before = await http_server.requests()
    settings = StoreSettings(qdrant_host=HOST, qdrant_port=http_server.port, qdrant_api_key="secret")
    store = open_server_store(settings)
    assert await http_server.requests() == before
    assert isinstance(await store.collections(), list)
    await store.close()


async def test_the_settings_limit_how_long_an_answer_may_take(http_server: QdrantHttp) -> None:
    settings = StoreSettings(qdrant_host=HOST, qdrant_port=http_server.port, qdrant_timeout_seconds=1)
    store = open_server_store(settings)
    await http_server.fault(Fault("delay", seconds=3))
    with pytest.raises(UnavailableError, match="took too long"):
        await store.collections()
    await store.close()


def test_a_gateway_gives_up_before_its_clients_do() -> None:
    assert GatewaySettings().qdrant_timeout_seconds < 10
