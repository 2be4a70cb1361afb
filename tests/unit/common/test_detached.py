"""A disk that does not answer holds up who asked, for a while, and no one else."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator

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
    assert [thread.name for thread in threading.enumerate()].count("aside") == 3

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
