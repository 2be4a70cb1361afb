import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from libs.common.children.child import Child
from libs.common.children.ending import ChildEndedError, OverTimeError
from libs.common.children.launching import Program
from libs.common.children.limiting import TimeLimit
from libs.common.children.restarting import RestartingChild

ECHO = Program("tests.unit.children.echo")


@asynccontextmanager
async def echo() -> AsyncIterator[Child]:
    child = await Child.start(ECHO)
    try:
        yield child
    finally:
        await child.kill()


@asynccontextmanager
async def restarting(seconds: float) -> AsyncIterator[RestartingChild]:
    child = RestartingChild(ECHO, TimeLimit(seconds))
    try:
        yield child
    finally:
        await child.close()


async def test_answers_come_in_the_order_of_the_questions() -> None:
    async with echo() as child:
        requested = [child.ask(b"%d" % number) for number in range(100)]
        assert [bytes(await answer) for answer in requested] == [b"%d" % number for number in range(100)]


async def test_a_caller_that_is_cancelled_takes_no_other_answer_along() -> None:
    async with echo() as child:
        first, second = child.ask(b"first"), child.ask(b"second")
        first.cancel()
        assert await second == b"second"


async def test_open_files_go_along_with_what_is_asked(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    files = [os.open(tmp_path / name, os.O_RDONLY) for name in ("a", "b")]
    async with echo() as child:
        requested = [child.ask(b"first"), child.ask(b"read", files), child.ask(b"read"), child.ask(b"last")]
        for descriptor in files:
            os.close(descriptor)
        assert [bytes(await answer) for answer in requested] == [b"first", b"a|b", b"", b"last"]


async def test_open_files_that_are_not_taken_are_closed(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    descriptor = os.open(tmp_path / "a", os.O_RDONLY)
    async with echo() as child:
        before = await child.ask(b"open files")
        for _ in range(50):
            await child.ask(b"something", [descriptor])
        assert await child.ask(b"open files") == before
    os.close(descriptor)


async def test_all_that_wait_learn_how_the_process_ended() -> None:
    async with echo() as child:
        requested = [child.ask(b"exit"), child.ask(b"after")]
        for answer in requested:
            with pytest.raises(ChildEndedError, match="exit status 3"):
                await answer
        with pytest.raises(ChildEndedError):
            await child.ask(b"later")


async def test_a_child_that_may_finish_answers_what_it_was_asked() -> None:
    async with echo() as child:
        answer = child.ask(b"last")
        await child.finish(20.0)
        assert answer.result() == b"last"
        assert child.status == 0


async def test_a_child_that_does_not_finish_is_killed() -> None:
    async with echo() as child:
        stuck = child.ask(b"wait")
        await child.finish(0.2)
        assert child.status == -signal.SIGKILL
        with pytest.raises(ChildEndedError, match="killed"):
            await stuck


async def test_a_call_that_is_cancelled_ends_the_process_and_the_next_one_gets_another() -> None:
    async with restarting(60.0) as child:
        await child.ask(b"up")
        first = psutil.Process(child.pid)
        requested = asyncio.create_task(child.ask(b"wait"))
        await asyncio.sleep(0)
        requested.cancel()
        with pytest.raises(asyncio.CancelledError):
            await requested
        assert not first.is_running()
        assert await child.ask(b"again") == b"again"


@pytest.mark.parametrize("hang", [b"wait", b"compute"])
async def test_a_hang_is_over_its_time(hang: bytes) -> None:
    async with restarting(0.2) as child:
        with pytest.raises(OverTimeError):
            await child.ask(hang)
        assert child.pid is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the wait for a core")
async def test_the_time_in_which_no_core_is_free_does_not_count() -> None:
    core = {min(os.sched_getaffinity(0))}
    async with restarting(1.0) as child, crowded(core):
        await child.ask(b"up")
        assert child.pid is not None
        os.sched_setaffinity(child.pid, core)
        began = time.monotonic()
        assert await child.ask(b"half a second") == b"half a second"
        assert time.monotonic() - began > 1.0


@asynccontextmanager
async def crowded(core: set[int], crowd: int = 3) -> AsyncIterator[None]:
    """A core that other processes want too."""
    others = [await Child.start(ECHO) for _ in range(crowd)]
    for other in others:
        os.sched_setaffinity(other.pid, core)
        other.ask(b"compute").add_done_callback(lambda answer: answer.exception())
    try:
        yield
    finally:
        for other in others:
            await other.kill()
