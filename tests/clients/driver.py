"""A client of another language as a process: it is asked, and answers, by a JSON object a line."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.support.forbidding import PASSWORD
from tests.support.waiting import LIMIT_S

LONGEST = 1 << 22
"""Bytes of an answer: all events of a job."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Where the broker put a record."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Driver:
    """A client at work, and the broker that it is told to use."""

    name: str
    process: asyncio.subprocess.Process
    brokers: str

    async def send(
        self,
        topic: str,
        value: str,
        key: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        partition: int | None = None,
        codec: str = "none",
        transaction: str = "",
        to: dict[str, str] | None = None,
    ) -> Taken:
        """Publish a record, by a producer of its own; `transaction` says how one around it ends."""
        asked = {"topic": topic, "value": value, "key": key, "headers": headers or {}}
        how = {"partition": partition, "codec": codec, "transaction": transaction}
        return Taken(**await self._ask("send", asked | how, to))

    async def follow(
        self,
        topic: str,
        key: str,
        field: str,
        until: Sequence[str],
        *,
        group: str | None = None,
        to: dict[str, str] | None = None,
    ) -> list[dict[str, Any]]:
        """What stands under the key, from the beginning to the first record whose field is one of `until`."""
        asked = {"topic": topic, "key": key, "field": field, "until": until, "group": group or f"f-{uuid4()}"}
        return list((await self._ask("follow", asked, to))["seen"])

    async def _ask(self, do: str, asked: dict[str, Any], to: dict[str, str] | None) -> dict[str, Any]:
        place = to or {"brokers": self.brokers, "user": "", "password": ""}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, "to": place, **asked}).encode() + b"\n")
        answer = json.loads(await asyncio.wait_for(self.process.stdout.readline(), LIMIT_S) or "null")
        assert answer is not None, f"{self.name} ended"
        assert "error" not in answer, answer["error"]
        return dict(answer)


def by_password(brokers: str, user: str) -> dict[str, str]:
    """A broker that asks who comes."""
    return {"brokers": brokers, "user": user, "password": PASSWORD}


@asynccontextmanager
async def driven(
    name: str, brokers: str, command: Sequence[str], **environment: str
) -> AsyncIterator[Driver]:
    """The client as long as the block."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | environment,
        limit=LONGEST,
    )
    try:
        yield Driver(name, process, brokers)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
