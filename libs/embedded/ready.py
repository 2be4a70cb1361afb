"""Whether the broker answers, and what it said if it does not."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

from aiokafka.client import AIOKafkaClient

from libs.embedded.access import Access
from libs.embedded.config import LOG
from libs.embedded.process import OUTPUT, GuardedProcess

_PORT_TAKEN = "Address already in use"
_LOOK_SECONDS = 0.05
_CAUSE = re.compile(r"^(?:Caused by: |Exception in thread \S+ )*[\w.$]+(?:Exception|Error): (?P<words>.+)")
_LOGGED_ERROR = re.compile(r"^\S+ (?:ERROR|FATAL) (?P<words>.*?)(?: \([\w.$]+\))?$")


async def wait(access: Access, process: GuardedProcess) -> bool:
    """Wait until the broker gives its metadata to who has access; False if it ended before."""
    port = int(access.bootstrap_servers.rpartition(":")[2])
    while process.ended is None:
        if await _listens(port):
            await _ask(access)
            return True
        await asyncio.sleep(_LOOK_SECONDS)
    return False


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def _ask(access: Access) -> None:
    client = AIOKafkaClient(**access.client_options)
    try:
        await client.bootstrap()
        while not client.cluster.brokers():
            await asyncio.sleep(_LOOK_SECONDS)
            await client.force_metadata_update()
    finally:
        await client.close()


def port_was_taken(directory: Path) -> bool:
    """Whether the broker ended because somebody else had got one of its ports."""
    return any(_PORT_TAKEN in line for line in _lines(directory))


def last_words(directory: Path) -> str:
    """What the broker said of use: the last cause of an exception, else an error, else the last line."""
    lines = [line.strip() for line in _lines(directory) if line.strip()]
    for pattern in (_CAUSE, _LOGGED_ERROR):
        if found := [match["words"] for line in lines if (match := pattern.match(line))]:
            return found[-1][:300]
    return lines[-1][:300] if lines else "it said nothing"


def _lines(directory: Path) -> Iterator[str]:
    """The end of what it printed, then of what it logged."""
    for name in (OUTPUT, LOG):
        path = directory / name
        if path.exists():
            yield from path.read_text(errors="replace").splitlines()[-200:]
