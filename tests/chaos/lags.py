"""Records what waits in each topic, each second of a real job: `python -m tests.chaos.lags FILES CSV`.

One replica of each stage, a process each. `scripts.simulate_scaling` shows what KEDA decides over it.
"""

import asyncio
import csv
import logging
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

from aiokafka.admin import AIOKafkaAdminClient

from libs.common.kafka.connection import Connection
from libs.common.kafka.offsets import bounds, committed, left
from libs.common.stages import INFERENCER, PROCESSOR, UPSERTER
from tests.chaos import jobs, library, world
from tests.chaos.recovery import connection_to

SCALED = (PROCESSOR, INFERENCER, UPSERTER)
EVERY_SECONDS = 1.0


async def main(files: int, out: Path, home: Path) -> None:
    """One job, from its submission until it has ended."""
    (folder,) = await asyncio.to_thread(library.make, home / "photos", ("one",), 1, files, Random(1))
    async with world.running(home, 1) as running:
        await jobs.make_collections(running.gateways[0], ("one",))
        connection = connection_to(running)
        async with connection.admin() as admin:
            job = await jobs.submit(running.gateways, folder, "recorded")
            over = asyncio.create_task(jobs.ended(running.gateways, [job]))
            rows = [row async for row in _rows(admin, connection, over)]
    with out.open("w", newline="") as file:
        writer = csv.DictWriter(file, ("second", *(topic.name for stage in SCALED for topic in stage.inputs)))
        writer.writeheader()
        writer.writerows(rows)


async def _rows(
    admin: AIOKafkaAdminClient, connection: Connection, over: asyncio.Task[None]
) -> AsyncIterator[dict[str, int]]:
    began, row = time.monotonic(), {"second": 0, "paths": 1}
    while not over.done() or any(row[topic] for topic in row if topic != "second"):
        row = {"second": round(time.monotonic() - began)} | await _lags(admin, connection)
        yield row
        await asyncio.sleep(max(0.0, began + row["second"] + EVERY_SECONDS - time.monotonic()))
    await over


async def _lags(admin: AIOKafkaAdminClient, connection: Connection) -> dict[str, int]:
    """By topic the records that its stage has yet to commit."""
    found: dict[str, int] = {}
    for stage in SCALED:
        taken = await committed(admin, connection, stage.name)
        for topic in stage.inputs:
            found[topic.name] = left(taken, *await bounds(admin, connection, (topic,)))
    return found


def run() -> int:
    """Always 0."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="lags-") as home:
        asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), Path(home)))
    return 0


if __name__ == "__main__":
    sys.exit(run())
