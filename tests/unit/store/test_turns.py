import asyncio

import pytest

from libs.common.store.engine.turns import AT_THE_ENGINE, MOST_PASSED, WRITES, Kind, Turns


class Calls:
    """Calls that want a turn, and the order in which they had it."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.had: list[str] = []

    def begin(self, kind: Kind, count: int = 1) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self._call(kind)) for _ in range(count)]

    async def _call(self, kind: Kind) -> None:
        await self.turns.take(kind)
        self.had.append(kind)


@pytest.fixture
def calls() -> Calls:
    return Calls()


async def settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_the_engine_has_few_calls_at_once_and_few_writes(calls: Calls) -> None:
    calls.begin("write", 5)
    calls.begin("read", 5)
    await settle()
    assert calls.had.count("write") == WRITES
    assert len(calls.had) == AT_THE_ENGINE


async def test_a_read_goes_before_writes_that_came_earlier(calls: Calls) -> None:
    calls.begin("write", 9)
    await settle()
    calls.begin("read", AT_THE_ENGINE)
    await settle()
    calls.turns.give("write")
    await settle()
    assert calls.had == ["write"] * WRITES + ["read"] * (AT_THE_ENGINE - WRITES) + ["read"]


async def test_a_write_waits_for_so_many_reads_and_no_more(calls: Calls) -> None:
    calls.begin("read", AT_THE_ENGINE)
    calls.begin("write")
    calls.begin("read", 3 * MOST_PASSED)
    await settle()
    for _ in range(2 * MOST_PASSED):
        calls.turns.give("read")
        await settle()
    assert calls.had.index("write") == AT_THE_ENGINE + MOST_PASSED


async def test_a_caller_that_is_cancelled_leaves_its_place_to_others(calls: Calls) -> None:
    calls.begin("read", AT_THE_ENGINE)
    waiting = calls.begin("read", 2)
    await settle()
    waiting[0].cancel()
    calls.turns.give("read")
    waiting[1].cancel()  # it has its turn, and does not know yet
    calls.begin("write")
    await settle()
    assert calls.had == ["read"] * AT_THE_ENGINE + ["write"]
