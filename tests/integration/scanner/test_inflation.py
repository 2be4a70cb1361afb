"""A record that is small on the topic and large in memory."""

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from libs.common.errors import Code
from libs.common.topics import INGEST
from tests.integration.scanner.test_ingest_topic import dead_letters, put, request, scanning
from tests.support.scanning import Bench, photos
from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow

BYTES = 200_000_000


async def send_bomb(world: Bench) -> None:
    async with world.connection.producer(
        compression_type="zstd", max_request_size=2 * BYTES, max_batch_size=2 * BYTES
    ) as producer:
        await producer.send_and_wait(world.connection.names.of(INGEST), b"\0" * BYTES, partition=0)


async def read(world: Bench, kind: str) -> tuple[int, int]:
    """How long the record is to a process that reads it so, and its peak memory in MB."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.inflating"),
        *(world.kafka.bootstrap_servers, world.connection.names.of(INGEST), kind),
        stdout=asyncio.subprocess.PIPE,
    )
    message, _ = await asyncio.wait_for(process.communicate(), LIMIT_S)
    assert process.returncode == 0
    length, peak = message.split()
    return int(length), int(peak)


async def test_a_record_of_200_mb_takes_no_memory_and_holds_up_no_other(world: Bench, tmp_path: Path) -> None:
    await send_bomb(world)
    plain, bounded = await read(world, "plain"), await read(world, "bounded")
    print(f"peak memory in MB: {plain[1]} as aiokafka comes, {bounded[1]} bounded")
    assert plain[0] == BYTES
    assert bounded[0] < 100
    assert bounded[1] < plain[1] - BYTES // 1_000_000
    async with scanning(world, tmp_path / "data"):
        (bad,) = await dead_letters(world, 1)
        job = uuid4()
        await put(world, request(photos(tmp_path / "photos", 3), job_id=str(job)))
        assert (await world.finished(str(job))).stored == 3
    assert bad.code is Code.UNDECODABLE_RECORD
    assert (bad.body or b"").startswith(b"left out")
