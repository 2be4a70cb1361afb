"""How long partitions stand still when one of two members goes: as ours do, and as static members do.

`python -m tests.chaos.membership [SESSION_SECONDS]`. Two processes read twelve partitions, to each of which a
record comes ten times a second; one is killed and starts again, is stopped and starts again, or is stopped
for good. Of each the longest time without a record of any partition of the other, and of any of its own.
"""

import asyncio
import logging
import signal
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import AsyncExitStack, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from aiokafka.admin import NewTopic

from libs.common.kafka.connection import Connection
from libs.common.kafka.stale_members import group_consumer
from tests.support.broker import Broker, running_broker
from tests.support.kafka import settings

TOPIC, GROUP, PARTITIONS = "membership", "members", 12
BACK_SECONDS, WATCH_SECONDS, SETTLE_SECONDS, PAUSE_SECONDS = 3.0, 25.0, 15.0, 0.1
ENDS = {
    "killed, back after 3 s": (signal.SIGKILL, True),
    "stopped, back after 3 s": (signal.SIGTERM, True),
    "stopped for good": (signal.SIGTERM, False),
}
Seen = dict[str, list[tuple[float, int]]]


def connection_of(servers: str, name: str, session_s: float) -> Connection:
    """The connection of one member."""
    made = settings(Broker(servers), "", Path("unused"), name)
    return Connection.of(made.model_copy(update={"kafka_session_seconds": session_s}), GROUP)


async def read(static: bool, connection: Connection) -> None:
    """One member: print the time and the partition of each record until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    opened = (
        connection.consumer(group=GROUP, group_instance_id=connection.client_id)
        if static
        else group_consumer(connection, GROUP)
    )
    async with opened as consumer:
        consumer.subscribe([TOPIC])
        while not stop.is_set():
            for partition in await consumer.getmany(timeout_ms=200):
                sys.stdout.write(f"{time.time()} {partition.partition}\n")
            sys.stdout.flush()


async def feed(connection: Connection) -> None:
    """A record for each partition, ten times a second, until it is cancelled."""
    async with connection.producer() as producer:
        while True:
            for partition in range(PARTITIONS):
                await producer.send(TOPIC, b"record", partition=partition)
            await asyncio.sleep(PAUSE_SECONDS)


async def member(kind: str, name: str, servers: str, session_s: float, seen: Seen) -> Any:
    """A started member whose lines go into `seen`, and the task that reads them."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __spec__.name,
        kind,
        name,
        servers,
        str(session_s),
        stdout=asyncio.subprocess.PIPE,
    )

    async def lines() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            at, partition = line.split()
            seen[name].append((float(at), int(partition)))

    return process, asyncio.create_task(lines())


def still(seen: Seen, partitions: set[int], since: float) -> float:
    """The longest time within WATCH_SECONDS of `since` in which one of these gave no record."""
    end = since + WATCH_SECONDS
    times: dict[int, list[float]] = defaultdict(lambda: [since])
    for at, partition in sorted(each for lines in seen.values() for each in lines):
        if partition in partitions and since <= at <= end:
            times[partition].append(at)
    return max(
        after - before for partition in partitions for before, after in pairwise([*times[partition], end])
    )


async def one(
    kind: str, ends: tuple[signal.Signals, bool], servers: str, session_s: float
) -> tuple[float, float]:
    """The two longest times of one way to go."""
    seen: Seen = defaultdict(list)
    stays, _ = await member(kind, "stays", servers, session_s, seen)
    goes, _ = await member(kind, "goes", servers, session_s, seen)
    try:
        await asyncio.sleep(SETTLE_SECONDS)
        recent = time.time() - 2
        own = {partition for at, partition in seen["goes"] if at > recent}
        since = time.time()
        goes.send_signal(ends[0])
        if ends[1]:
            await asyncio.sleep(BACK_SECONDS)
            goes, _ = await member(kind, "goes", servers, session_s, seen)
        await asyncio.sleep(since + WATCH_SECONDS - time.time())
        return still(seen, set(range(PARTITIONS)) - own, since), still(seen, own, since)
    finally:
        for process in (stays, goes):
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        await asyncio.sleep(session_s + 1)  # static members stay in the group until their session is over


async def main(session_s: float) -> None:
    """Print a line for each way to go, for both kinds of member."""
    async with AsyncExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="membership-"))
        servers = (await stack.enter_async_context(running_broker(Path(home)))).bootstrap_servers
        connection = connection_of(servers, "feeds", session_s)
        async with connection.admin() as admin:
            await admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])
        feeding = asyncio.create_task(feed(connection))
        stack.callback(feeding.cancel)
        for words, ends in ENDS.items():
            for kind in ("ours", "static"):
                others, own = await one(kind, ends, servers, session_s)
                print(f"{words:26} {kind:7} others {others:5.1f} s, its own {own:5.1f} s", flush=True)


if __name__ == "__main__":
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    if len(sys.argv) > 2:
        kind, name, servers, session_s = sys.argv[1:]
        asyncio.run(read(kind == "static", connection_of(servers, name, float(session_s))))
    else:
        asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0))
