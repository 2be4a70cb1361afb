"""A disk that does not answer holds up who asked, for a while, and no one else."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from libs.common.errors import Code, SluiceError
from libs.common.runtime.detached import DetachedCalls
from tests.support.waiting import LIMIT_S, until


@pytest.fixture
def dead() -> Iterator[threading.Event]:
    """What never comes while the test runs."""
    event = threading.Event()
    yield event
    event.set()


async def test_what_answers_is_given_back_and_what_fails_is_raised() -> None:
    def fail() -> None:
        raise SluiceError(Code.DIRECTORY_NOT_FOUND, "there is no such folder")

    assert await DetachedCalls().run(lambda: 7, "a folder") == 7
    with pytest.raises(SluiceError, match="no such folder"):
        await DetachedCalls().run(fail, "a folder")


async def test_what_does_not_answer_is_given_up_and_takes_no_shared_thread(dead: threading.Event) -> None:
    detached = DetachedCalls(seconds=0.05)

    requested = await asyncio.gather(
        *(detached.run(dead.wait, "/mnt/nas") for _ in range(50)), return_exceptions=True
    )

    assert {str(error) for error in requested} == {
        "/mnt/nas does not answer in 0.05 s: is its disk or share still connected?"
    }
    assert await asyncio.wait_for(asyncio.to_thread(lambda: 1), 2) == 1


async def test_only_so_many_threads_get_stuck_and_they_come_back(dead: threading.Event) -> None:
    detached = DetachedCalls(seconds=0.05, most=3)
    for _ in range(5):
        with pytest.raises(SluiceError) as refusal:
            await detached.run(dead.wait, "/mnt/nas")
        assert refusal.value.code is Code.READ_FAILED
    # Those of the tests before end a moment after their last call.
    await until(lambda: [thread.name for thread in threading.enumerate()].count("aside") == 3)

    dead.set()
    await until(lambda: not any(thread.name == "aside" for thread in threading.enumerate()))
    assert await detached.run(lambda: 7, "/mnt/nas") == 7


def test_a_thread_that_is_stuck_does_not_keep_the_process() -> None:
    code = """
import asyncio, threading
from libs.common.runtime.detached import DetachedCalls
async def main():
    try:
        await DetachedCalls(0.05).run(threading.Event().wait, "/mnt/nas")
    except Exception as error:
        print(error)
asyncio.run(main())
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT_S, check=True
    )

    assert "does not answer" in ended.stdout


async def test_without_a_limit_it_waits_and_only_so_many_may(dead: threading.Event) -> None:
    detached = DetachedCalls(seconds=None, most=1)
    waiting = asyncio.create_task(detached.run(lambda: dead.wait() and 7, "/mnt/nas"))
    await asyncio.sleep(0)

    with pytest.raises(SluiceError, match="/mnt/nas does not answer: is its disk"):
        await detached.run(lambda: 1, "/mnt/nas")
    dead.set()

    assert await waiting == 7


async def test_calls_one_after_the_other_share_a_thread_and_a_stuck_one_has_its_own(
    dead: threading.Event,
) -> None:
    detached = DetachedCalls(seconds=None)
    stuck = asyncio.create_task(detached.run(lambda: dead.wait() and threading.get_ident(), "/mnt/nas"))
    await asyncio.sleep(0)
    used = {await detached.run(threading.get_ident, "a folder") for _ in range(50)}
    dead.set()
    assert await stuck not in used
    assert len(used) < 10


async def test_a_thread_that_has_ended_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.common.runtime.detached.IDLE_SECONDS", 0.0)
    detached = DetachedCalls()
    for number in range(50):
        assert await detached.run(partial(int, number), "a folder") == number
        await asyncio.sleep(0.001 * (number % 3))
