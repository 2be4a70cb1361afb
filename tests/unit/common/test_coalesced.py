import asyncio

import pytest

from libs.common.runtime.coalesced import Coalesced


class Asked:
    """Counts its calls; each takes as long as `go` is not set."""

    def __init__(self) -> None:
        self.begun = 0
        self.go = asyncio.Event()

    async def __call__(self, _: str) -> int:
        self.begun += 1
        found = self.begun
        await self.go.wait()
        return found


async def test_calls_that_come_while_one_is_under_way_share_one_that_begins_after_them() -> None:
    asked = Asked()
    shared = Coalesced(asked)
    first = asyncio.create_task(shared("a"))
    await asyncio.sleep(0.01)
    later = [asyncio.create_task(shared("a")) for _ in range(50)]
    await asyncio.sleep(0.01)
    assert asked.begun == 1
    asked.go.set()
    assert await first == 1
    assert await asyncio.gather(*later) == [2] * 50


async def test_keys_do_not_wait_for_each_other() -> None:
    asked = Asked()
    shared = Coalesced(asked)
    both = [asyncio.create_task(shared(key)) for key in "ab"]
    await asyncio.sleep(0.01)
    assert asked.begun == 2
    asked.go.set()
    await asyncio.gather(*both)


async def test_a_caller_that_goes_away_leaves_the_answer_to_the_others() -> None:
    asked = Asked()
    shared = Coalesced(asked)
    gone, stays = (asyncio.create_task(shared("a")) for _ in range(2))
    await asyncio.sleep(0.01)
    gone.cancel()
    asked.go.set()
    assert await stays == 1


async def test_all_callers_are_raised_what_it_fails_with() -> None:
    async def fail(_: str) -> int:
        raise LookupError("none")

    shared = Coalesced(fail)
    for found in await asyncio.gather(*(shared("a") for _ in range(3)), return_exceptions=True):
        assert isinstance(found, LookupError)
    with pytest.raises(LookupError):
        await shared("a")
