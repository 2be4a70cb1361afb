"""The one retry policy."""

import asyncio
from itertools import islice

import pytest

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.runtime import retry


def test_pauses_grow_twofold_up_to_their_limit() -> None:
    assert list(islice(retry.pauses(0.5), 7)) == [0.5, 1, 2, 4, 8, 10, 10]


async def test_what_is_away_is_tried_again_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_PAUSE_S", 0.001)
    away = [UnavailableError(Code.STORE_UNAVAILABLE, word) for word in ("once", "twice")]
    answers: list[UnavailableError | int] = [*away, 7]
    seen: list[str] = []
    backs: list[int] = []

    async def call() -> int:
        answer = answers.pop(0)
        if isinstance(answer, UnavailableError):
            raise answer
        return answer

    assert await retry.until_available(call, lambda e: seen.append(e.detail), lambda: backs.append(1)) == 7
    assert seen == ["once", "twice"]
    assert backs == [1]


async def test_what_will_not_pass_is_raised_at_once() -> None:
    async def call() -> None:
        raise SluiceError(Code.STORE_REJECTED, "never")

    with pytest.raises(SluiceError, match="never"):
        await retry.until_available(call, lambda _: None)


async def test_who_waited_hears_of_the_end_when_it_is_cancelled_too() -> None:
    backs: list[int] = []
    requested = asyncio.Event()

    async def call() -> None:
        requested.set()
        raise UnavailableError(Code.STORE_UNAVAILABLE, "away")

    task = asyncio.create_task(retry.until_available(call, lambda _: None, lambda: backs.append(1)))
    await requested.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert backs == [1]


async def test_who_did_not_wait_hears_of_no_end() -> None:
    backs: list[int] = []

    async def call() -> int:
        return 7

    assert await retry.until_available(call, lambda _: None, lambda: backs.append(1)) == 7
    assert backs == []
