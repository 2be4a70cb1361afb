import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from libs.common.errors import Code, SluiceError
from services.processor.decoding.inspection import Changing, Failed, Inspected, Reply, Request
from services.processor.decoding.pool import DecodePool
from tests.unit.processor import hooks

ROOT = Path(__file__).parents[3]


def request(name: bytes) -> Request:
    return Request(path=name, size=1, mtime_ns=1)


@asynccontextmanager
async def pool(workers: int = 2, timeout_s: float = 20.0) -> AsyncIterator[DecodePool]:
    async with DecodePool(hooks.misbehaving, workers, timeout_s) as started:
        yield started


async def requested(started: DecodePool, *names: bytes) -> list[Reply]:
    return await started.inspect([request(name) for name in names])


async def failure(started: DecodePool, name: bytes) -> Failed:
    [reply] = await requested(started, name)
    assert isinstance(reply, Failed)
    return reply


async def code_of(started: DecodePool, name: bytes) -> Code:
    return (await failure(started, name)).code


async def process_of(started: DecodePool) -> int:
    [reply] = await requested(started, b"fine")
    assert isinstance(reply, Inspected)
    return reply.content.width


@pytest.mark.parametrize("death", [b"exit", b"segfault"])
async def test_a_crash_costs_that_file_only(death: bytes) -> None:
    async with pool() as started:
        replies = await requested(started, b"a", death, b"b", b"c", death, b"d")
    codes = [reply.code if isinstance(reply, Failed) else None for reply in replies]
    assert codes == [None, Code.DECODER_CRASHED, None, None, Code.DECODER_CRASHED, None]


async def test_the_end_of_a_decoder_is_told_in_words() -> None:
    async with pool(workers=1) as started:
        for name, words in ((b"segfault", "Segmentation fault"), (b"killed", "memory may be short")):
            assert words in (await failure(started, name)).error


async def test_a_file_that_needs_more_memory_than_there_is_costs_itself_only() -> None:
    async with DecodePool(hooks.misbehaving, 1, 20.0, memory_bytes=1 << 28) as started:
        before = await process_of(started)
        assert await code_of(started, b"large") is Code.DECODE_FAILED
        assert await process_of(started) == before


async def test_where_memory_runs_short_the_decoders_go_first() -> None:
    async with pool(workers=1) as started:
        adjustment = Path(f"/proc/{await process_of(started)}/oom_score_adj")
        if not adjustment.exists():
            pytest.skip("this system does not say whom it would end")
        assert adjustment.read_text().strip() == "1000"


async def test_a_hang_ends_at_the_time_limit() -> None:
    async with pool(timeout_s=0.3) as started:
        began = time.monotonic()
        assert await code_of(started, b"hang") is Code.DECODE_TIMEOUT
        assert time.monotonic() - began < 5.0
        assert await process_of(started)


async def test_a_hang_holds_up_nobody_else() -> None:
    async with pool(timeout_s=10.0) as started:
        hanging = asyncio.create_task(requested(started, b"hang"))
        async with asyncio.timeout(5.0):
            for _ in range(20):
                await process_of(started)
        assert not hanging.done()
        hanging.cancel()


async def test_who_is_cancelled_does_not_wait_and_takes_nobody_along() -> None:
    async with pool(workers=1) as started:
        slow = asyncio.create_task(requested(started, b"slow", b"fine", b"raise"))
        other = asyncio.create_task(requested(started, b"fine", b"fail"))
        await asyncio.sleep(0.05)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        fine, failed = await other
    assert isinstance(fine, Inspected)
    assert isinstance(failed, Failed)


async def test_nothing_is_asked_about_no_files() -> None:
    async with pool() as started:
        assert await requested(started) == []


async def test_a_process_killed_while_idle_is_replaced_and_nobody_blamed() -> None:
    async with pool(workers=1) as started:
        first = await process_of(started)
        os.kill(first, signal.SIGKILL)
        _wait_for_end(first)
        assert await process_of(started) != first


async def test_a_mistake_of_ours_is_the_files_failure() -> None:
    async with pool(workers=1) as started:
        before = await process_of(started)
        assert await code_of(started, b"raise") is Code.DECODE_FAILED
        assert await process_of(started) == before


async def test_replies_come_through() -> None:
    async with pool(workers=1) as started:
        assert await code_of(started, b"fail") is Code.EMPTY_FILE
        assert await requested(started, b"changing") == [Changing(size=1, mtime_ns=2)]


async def test_signals_meant_for_the_service_do_not_end_a_decoding() -> None:
    async with pool(workers=1) as started:
        process = await process_of(started)
        slow = asyncio.create_task(requested(started, b"slow"))
        await asyncio.sleep(0.05)
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(process, number)
        assert isinstance((await slow)[0], Inspected)


async def test_nothing_is_left_running() -> None:
    async with pool(timeout_s=60.0) as started:
        processes = {await process_of(started) for _ in range(20)}
        hanging = asyncio.create_task(requested(started, b"hang"))
        await asyncio.sleep(0.05)
    with pytest.raises((SluiceError, asyncio.CancelledError)):
        await hanging
    assert not any(psutil.pid_exists(process) for process in processes)


async def test_a_process_that_does_not_start_is_one_clear_error() -> None:
    with pytest.raises(SluiceError, match="does not start") as caught:
        async with DecodePool(hooks.never_starting, 2, 1.0):
            pass
    assert caught.value.code is Code.INTERNAL


_ORPHAN = """
import asyncio, sys
from services.processor.decoding.inspection import Request
from services.processor.decoding.pool import DecodePool
from tests.unit.processor import hooks

async def main():
    async with DecodePool(hooks.misbehaving, 1, 600.0) as pool:
        [reply] = await pool.inspect([Request(path=b"fine", size=1, mtime_ns=1)])
        hanging = asyncio.create_task(pool.inspect([Request(path=b"hang", size=1, mtime_ns=1)]))
        await asyncio.sleep(0.2)
        print(reply.content.width, flush=True)
        await hanging

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")
def test_a_stuck_decoder_does_not_outlive_a_killed_service() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", _ORPHAN], stdout=subprocess.PIPE, env=environment
    ) as service:
        assert service.stdout is not None
        decoder = int(service.stdout.readline())
        assert psutil.pid_exists(decoder)
        service.kill()
    _wait_for_end(decoder)


def _wait_for_end(process: int) -> None:
    for _ in range(500):
        if not psutil.pid_exists(process) or psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.01)
    pytest.fail(f"process {process} is still there")
