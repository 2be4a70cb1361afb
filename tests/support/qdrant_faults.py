"""Faults on demand: what a test asks the server to do wrong, and for how many requests."""

import asyncio
import socket
from typing import Any, Literal

import uvicorn
from msgspec import Struct, json
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

CONTROL = "/_faults"


class Fault(Struct):
    """What to do to the next `times` requests whose path ends with `path`.

    `status`: answer so, as Qdrant reports errors (`body` replaces the answer's text). `delay`: answer after
    `seconds`. `drop`: close the connection without an answer. `drop_after`: do it, then close the connection
    without an answer. `refuse`: at once, and for `seconds`, accept no connection and close those there are.
    """

    kind: Literal["status", "delay", "drop", "drop_after", "refuse"]
    times: int = 1
    path: str = ""
    status: int = 503
    seconds: float = 0.0
    body: str | None = None


class Connection(H11Protocol):
    """uvicorn's own connection, remembered by its peer so that a fault can close it."""

    open: dict[tuple[str, int], asyncio.Transport] = {}  # noqa: RUF012 - one server a process

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.open[transport.get_extra_info("peername")[:2]] = transport
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.open.pop(self.transport.get_extra_info("peername")[:2], None)
        super().connection_lost(exc)


class Faults:
    """An ASGI layer that does what POST /_faults says; GET tells what is left, DELETE ends it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._faults: list[Fault] = []
        self._refusing: asyncio.Task[None] | None = None
        self.requests = 0
        self.server: uvicorn.Server | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == CONTROL:
            await (await self._control(Request(scope, receive)))(scope, receive, send)
        else:
            self.requests += 1
            await self._answer(scope, receive, send)

    async def _control(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._faults.clear()
        elif request.method == "POST":
            fault = json.decode(await request.body(), type=Fault)
            if fault.kind == "refuse":
                self._refusing = asyncio.create_task(self._refuse(fault.seconds))
            else:
                self._faults.append(fault)
        return JSONResponse({"left": sum(fault.times for fault in self._faults), "requests": self.requests})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._take(scope["path"])
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind == "status":
            await _failure(fault)(scope, receive, send)
        elif fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
            await self._app(scope, receive, send)
        else:
            if fault.kind == "drop_after":
                await self._app(scope, receive, _nowhere)
            Connection.open[tuple(scope["client"])].abort()

    def _take(self, path: str) -> Fault | None:
        for fault in self._faults:
            if path.endswith(fault.path):
                fault.times -= 1
                if fault.times == 0:
                    self._faults.remove(fault)
                return fault
        return None

    async def _refuse(self, seconds: float) -> None:
        server = self.server
        assert server is not None
        address = server.servers[0].sockets[0].getsockname()
        server.servers[0].close()
        await asyncio.sleep(0.05)  # lets the answer to this very request go out
        for transport in list(Connection.open.values()):
            transport.abort()
        await asyncio.sleep(seconds)
        config = server.config
        server.servers = [
            await asyncio.get_running_loop().create_server(
                lambda: Connection(config, server.server_state, server.lifespan.state),
                sock=listening(address[0], address[1]),
            )
        ]


def listening(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one."""
    # With the protocol named: asyncio turns Nagle's delay of 40 ms an answer off only where it is.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    return bound


def _failure(fault: Fault) -> Response:
    if fault.body is not None:
        return Response(fault.body, fault.status)
    return JSONResponse({"status": {"error": "Service internal error: asked for"}, "time": 0.0}, fault.status)


async def _nowhere(message: Any) -> None:
    """Where the answer goes that no one is to get."""
