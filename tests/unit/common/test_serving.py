"""The HTTP server under clients that take their time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from libs.common.http import serving
from libs.common.http.limits.framing import OneLength
from libs.common.http.middleware import RequestMiddleware
from libs.common.http.request_ids import request_ids
from tests.support.waiting import LIMIT_S

ASK = b"GET / HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """Where a server listens that waits half a second for a request, and answers after a whole one."""
    monkeypatch.setattr(serving, "REQUEST_SECONDS", 0.5)

    async def slowly(_: Request) -> PlainTextResponse:
        await asyncio.sleep(1)
        return PlainTextResponse("here")

    listener, stop = serving.listen("127.0.0.1", 0), asyncio.Event()
    served = asyncio.create_task(serving.serve(Starlette(routes=[Route("/", slowly)]), listener, stop))
    yield int(listener.getsockname()[1])
    stop.set()
    await served


async def trickle(writer: asyncio.StreamWriter) -> None:
    """Headers without end."""
    writer.write(ASK)
    while not writer.is_closing():
        writer.write(b"X: y\r\n")
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("sends", [b"", b"GET / HT"])
async def test_a_client_that_asks_for_nothing_is_left(port: int, sends: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sends)

    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()


async def test_headers_that_trickle_in_are_not_waited_for(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    trickling = asyncio.create_task(trickle(writer))

    async with asyncio.timeout(5):
        # A reset where bytes of ours were on the way.
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
    trickling.cancel()
    writer.close()


async def test_an_answer_may_take_its_time_and_the_connection_serves_again(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async with asyncio.timeout(10):
        for _ in range(2):
            writer.write(ASK + b"\r\n")
            answer = await reader.readuntil(b"here")
            assert answer.startswith(b"HTTP/1.1 200")
        assert await reader.read() == b""
    writer.close()


async def test_what_follows_a_request_with_two_lengths_is_no_request_of_its_own() -> None:
    """A smuggled second request is never answered: the connection is closed after the refusal."""
    served = Starlette()
    served.state.settings = None
    served.add_middleware(RequestMiddleware, chain=lambda app, _: request_ids(OneLength(app)))
    listener, stop = serving.listen("127.0.0.1", 0), asyncio.Event()
    serve = asyncio.create_task(serving.serve(served, listener, stop))
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
    writer.write(
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\n" + smuggled
    )
    async with asyncio.timeout(LIMIT_S):
        answers = await reader.read()
    writer.close()
    stop.set()
    await serve

    assert answers.startswith(b"HTTP/1.1 400 ")
    assert answers.count(b"HTTP/1.1 ") == 1
