"""Serving an ASGI app until told to stop, in a process that other services may share."""

import asyncio
import errno
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from libs.common.errors import Code, SluiceError

GRACE_SECONDS = 5
"""How long requests under way may still take after the stop."""
REQUEST_SECONDS = 20.0
"""How long a connection may bring no whole request line and headers."""


def listen(host: str, port: int, setting: str = "PORT") -> socket.socket:
    """A listening socket; blocks for the look-up of the name. `setting` is where the port comes from.

    Raises SluiceError port_busy, or bad_setting where HOST or PORT cannot be had, each with the way out.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise SluiceError(Code.BAD_SETTING, f"HOST {host} is not known: {error.strerror}") from error
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise _refused(host, port, setting, error) from error
    return listener


async def serve(
    app: ASGIApp, listener: socket.socket, stop: asyncio.Event, started: Callable[[], None] = lambda: None
) -> None:
    """Answer requests until `stop`, then let those under way finish; the listener is closed.

    The app's lifespan is the caller's: it often outlives the serving. So are signals and logging.
    """
    config = uvicorn.Config(
        app,
        http=_Patient,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve([listener]), name="http")
    stopped = asyncio.create_task(stop.wait())
    started()
    try:
        await asyncio.wait((serving, stopped), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals belong to the process."""
        yield


class _Patient(H11Protocol):
    """HTTP on a connection that is closed where no request begins in time, also if its bytes trickle in."""

    _late: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._late.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        self._late.cancel()
        self._wait()
        super().on_response_complete()

    def _wait(self) -> None:
        self._late = self.loop.call_later(REQUEST_SECONDS, self._hang_up)

    def _hang_up(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


def _refused(host: str, port: int, setting: str, error: OSError) -> SluiceError:
    if error.errno == errno.EADDRINUSE:
        return SluiceError(
            Code.PORT_BUSY, f"port {port} is in use: stop what listens there, or set {setting} to another one"
        )
    return SluiceError(Code.BAD_SETTING, f"cannot listen on {host}:{port}: {error.strerror}")
