"""Reads that begin before it is certain that what they read is up to date."""

import asyncio
from dataclasses import dataclass, field

import pytest

from libs.common.errors import Code, UnavailableError
from services.gateway.api.deadlines import as_of_now


@dataclass
class Written:
    """A table that a refresh brings from `value` to `last`; `failing`: what it raises in place of that."""

    value: str
    last: str
    failing: Exception | None = None
    changes: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    reads: list[str] = field(default_factory=list)

    async def read(self) -> str:
        self.reads.append(self.value)
        self.asked.set()
        return self.value

    async def refresh(self) -> None:
        await self.asked.wait()
        if self.failing is not None:
            raise self.failing
        self.changes += self.value != self.last
        self.value = self.last


async def test_what_was_up_to_date_is_read_once_and_while_the_brokers_are_asked() -> None:
    table = Written("a", "a")
    assert await as_of_now(table, table.read) == "a"
    assert table.reads == ["a"]


async def test_what_was_written_before_the_call_is_in_the_answer() -> None:
    table = Written("a", "b")
    assert await as_of_now(table, table.read) == "b"
    assert table.reads == ["a", "b"]


async def test_a_failure_of_what_is_out_of_date_is_none() -> None:
    table = Written("", "b")

    async def read() -> str:
        table.asked.set()
        if not table.value:
            raise UnavailableError(Code.STORE_UNAVAILABLE, "there is none yet")
        return table.value

    assert await as_of_now(table, read) == "b"


async def test_a_failure_of_what_is_up_to_date_is_raised() -> None:
    table = Written("", "")

    async def read() -> str:
        table.asked.set()
        raise UnavailableError(Code.STORE_UNAVAILABLE, "away")

    with pytest.raises(UnavailableError, match="away"):
        await as_of_now(table, read)


async def test_without_the_brokers_nothing_is_answered_and_no_read_goes_on() -> None:
    table, ended = Written("a", "a", UnavailableError(Code.BROKER_UNAVAILABLE, "no broker")), asyncio.Event()

    async def read() -> str:
        table.asked.set()
        try:
            await asyncio.Event().wait()
            return table.value
        finally:
            ended.set()

    with pytest.raises(UnavailableError, match="no broker"):
        await as_of_now(table, read)
    assert ended.is_set()
