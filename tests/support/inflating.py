"""Reads a topic's first record and prints its length and the process's peak memory in MB.

`python -m tests.support.inflating BROKERS TOPIC bounded|plain`; plain is aiokafka as it comes.
"""

import asyncio
import re
import sys
from pathlib import Path

from aiokafka import AIOKafkaConsumer

from libs.common.kafka.inflation import bound_inflation


async def main(brokers: str, topic: str, kind: str) -> None:
    """Read one record."""
    if kind == "bounded":
        bound_inflation()
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=brokers, auto_offset_reset="earliest")
    await consumer.start()
    record = await asyncio.wait_for(consumer.getone(), 120)
    # The other measure, ru_maxrss, counts the parent in.
    peak_kb = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert peak_kb is not None
    print(len(record.value), int(peak_kb[1]) // 1024)
    await consumer.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
