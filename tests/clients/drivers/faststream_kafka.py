"""FastStream, at the word of tests/clients/driver.py; it has no calls for transactions."""

import asyncio
import json
import sys
from typing import Any

from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker
from faststream.security import SASLPlaintext


def broker(to: dict[str, Any], **options: Any) -> KafkaBroker:
    login = SASLPlaintext(to["user"], to["password"], use_ssl=False) if to["user"] else None
    return KafkaBroker(to["brokers"], security=login, logger=None, **options)


async def send(asked: dict[str, Any]) -> dict[str, Any]:
    codec = None if asked["codec"] == "none" else asked["codec"]
    value, key = asked["value"], asked["key"]
    async with broker(asked["to"], compression_type=codec) as connected:
        taken = await connected.publish(
            json.loads(value) if value.startswith("{") else value.encode(), asked["topic"],
            key=None if key is None else key.encode(), partition=asked["partition"], headers=asked["headers"],
        )  # fmt: skip
    return {"partition": taken.partition, "offset": taken.offset}


async def follow(asked: dict[str, Any]) -> dict[str, Any]:
    connected, seen, over = broker(asked["to"]), list[Any](), asyncio.Event()

    async def take(event: dict[str, Any]) -> None:
        if event["job_id"] == asked["key"] and not over.is_set():
            seen.append(event)
            if event.get(asked["field"]) in asked["until"]:
                over.set()

    connected.subscriber(asked["topic"], group_id=asked["group"], auto_offset_reset="earliest")(take)
    async with connected:
        await connected.start()
        await over.wait()
    return {"seen": seen}


for line in sys.stdin:
    given = json.loads(line)
    try:
        answer = asyncio.run(send(given) if given["do"] == "send" else follow(given))
    except KafkaError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
