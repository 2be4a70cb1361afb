"""The upserter while its store is away, over real HTTP."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from libs.common.store.server.store import ServerStore
from tests.support.qdrant import HOST, QdrantHttp, qdrant_http
from tests.support.qdrant_faults import Fault
from tests.support.records import point_record
from tests.support.waiting import LIMIT_S
from tests.unit.upserter.conftest import Reported, Upserter, new_upserter

PATIENCE_SECONDS = 20.0


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[QdrantHttp]:
    async with qdrant_http(tmp_path_factory.mktemp("qdrant")) as running:
        yield running


@pytest.fixture
async def remote(server: QdrantHttp) -> AsyncIterator[Upserter]:
    store = ServerStore(HOST, server.port)
    yield await new_upserter(store)
    await server.no_faults()
    await store.close()


async def until_waiting(upserter: Upserter) -> str:
    async with asyncio.timeout(LIMIT_S):
        while (reason := upserter.worker.waiting) is None:
            await asyncio.sleep(0.01)
    return reason


async def test_it_waits_says_why_and_goes_on_by_itself(server: QdrantHttp, remote: Upserter) -> None:
    await server.fault(Fault("status", times=10**6))
    batch = [point_record(remote.file(f"{number}.jpg")) for number in range(10)]
    working = asyncio.create_task(remote.worker(batch))
    reason = await until_waiting(remote)
    assert f"the store at {HOST}:{server.port} does not answer" in reason
    assert not working.done()
    await server.no_faults()
    reported = Reported.of(await asyncio.wait_for(working, PATIENCE_SECONDS))
    assert {outcome.outcome for outcome in reported.outcomes.values()} == {"stored"}
    assert (len(reported.outcomes), len(await remote.stored()), remote.worker.waiting) == (10, 10, None)


async def test_an_upsert_whose_answer_was_lost_is_told_once_and_is_no_copy_of_itself(
    server: QdrantHttp, remote: Upserter
) -> None:
    await server.fault(Fault("drop_after", path=f"{remote.collection}/points"))
    batch = [point_record(remote.file(f"{number}.jpg"), sha256=f"{number:064x}") for number in range(10)]
    reported = await asyncio.wait_for(remote.run(*batch), PATIENCE_SECONDS)
    assert [outcome.existing_id for outcome in reported.outcomes.values()] == [None] * 10
    assert len(await remote.stored()) == 10


async def test_a_waiting_batch_can_be_taken_away(server: QdrantHttp, remote: Upserter) -> None:
    await server.fault(Fault("status", times=10**6))
    working = asyncio.create_task(remote.worker([point_record(remote.file())]))
    await until_waiting(remote)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert remote.worker.waiting is None


async def test_bulks_have_the_size_of_the_setting(server: QdrantHttp, remote: Upserter) -> None:
    before = await server.requests()
    await remote.run(*(point_record(remote.file(f"{number}.jpg")) for number in range(10)))
    # The collection's size, the copies, ten points in bulks of four, and what shares their stacks.
    assert await server.requests() - before == 1 + 1 + 3 + 1
