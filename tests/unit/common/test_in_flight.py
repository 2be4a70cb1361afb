"""Large bodies wait for room, in their order, and give it back however they end."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from libs.common.http.limits import in_flight
from libs.common.http.limits.in_flight import ByteBudget, InFlight
from libs.common.http.request_ids import request_ids
from tests.support.waiting import until


async def test_what_is_over_the_budget_waits_until_there_is_room() -> None:
    budget = ByteBudget(100)
    order: list[str] = []

    async def take(name: str, count: int) -> None:
        async with budget.taken(count):
            order.append(name)

    async with budget.taken(60):
        large, small = (asyncio.create_task(take(*each)) for each in (("large", 80), ("small", 10)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert order == []
    await asyncio.gather(large, small)

    assert order == ["large", "small"]


async def test_who_is_cancelled_while_waiting_leaves_room_to_the_others() -> None:
    budget = ByteBudget(100)

    async def take(count: int) -> None:
        async with budget.taken(count):
            pass

    async with budget.taken(60):
        large, small = asyncio.create_task(take(80)), asyncio.create_task(take(10))
        await asyncio.sleep(0)
        large.cancel()
        await small
    async with budget.taken(100):
        pass


async def test_who_waits_too_long_is_told_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_flight, "WAIT_SECONDS", 0.05)
    let_go = asyncio.Event()
    inside: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        inside.append(1)
        await let_go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    limited = InFlight(app, lambda path: 100 if path == "/image" else None, at_once=150)
    transport = httpx.ASGITransport(app=request_ids(limited))

    async def unknown_length() -> AsyncIterator[bytes]:
        yield b"x"

    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        first = asyncio.create_task(client.post("/image", content=unknown_length()))
        await until(lambda: inside == [1])
        refused = await client.post("/image", content=unknown_length())
        small = asyncio.create_task(client.post("/image", content=b"x" * 50))
        other = asyncio.create_task(client.post("/other", content=unknown_length()))
        await until(lambda: len(inside) == 3)
        let_go.set()

        assert {(await each).status_code for each in (first, small, other)} == {200}
    assert (refused.status_code, refused.json()["code"]) == (503, "too_busy")
    assert refused.headers["retry-after"]
