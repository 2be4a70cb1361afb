"""Calling other people's servers: those that are allowed, at public addresses, without following them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from socket import SOCK_STREAM
from typing import Any

import httpcore

from libs.common.callbacks import CallbackUrl
from libs.common.http.addresses import are_allowed
from services.gateway.callbacks.allowed import Allowed
from services.gateway.callbacks.message import Message

SECONDS = 15.0
"""How long one call may take, all in all."""
AT_ONCE = 8
_GONE = 410


class RefusedError(Exception):
    """The call is not made, or will never be taken: there is no use in trying again."""


class FailedError(Exception):
    """The call failed; it may go better later."""


class PublicOnly(httpcore.AsyncNetworkBackend):
    """Resolves a name once, checks all its addresses, and connects to one of just these.

    `private`: whether names may lead to private addresses.
    """

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """RefusedError for a private address; httpcore.ConnectError where none answers."""
        failure = httpcore.ConnectError(f"{host} is not found")
        for address in await self._addresses(host, port):
            try:
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = httpcore.ConnectError(f"{host} does not answer: {error}")
        raise failure

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} is not found") from error
        addresses = [str(each[4][0]) for each in found]
        if not self._private and not are_allowed(host, addresses):
            raise RefusedError(f"{host} has a private address (CALLBACK_PRIVATE=true allows them)")
        return addresses


class Sending:
    """Posts messages; at most AT_ONCE at a time to one server, so that one that hangs holds up no other."""

    def __init__(self, pool: httpcore.AsyncConnectionPool, allowed: Allowed, keys: Sequence[bytes]) -> None:
        self._pool = pool
        self._allowed = allowed
        self._keys = keys
        self._slots = {origin: asyncio.Semaphore(AT_ONCE) for origin in allowed.origins}

    @classmethod
    @asynccontextmanager
    async def open(
        cls, allowed: Allowed, keys: Sequence[bytes], *, private: bool
    ) -> AsyncIterator["Sending"]:
        """Connections are made for one call each: the next one resolves the name again, and checks it."""
        async with httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=None,
            max_keepalive_connections=0,
            network_backend=PublicOnly(private=private),
        ) as pool:
            yield cls(pool, allowed, keys)

    async def post(self, callback_url: str, message: Message, now: float) -> None:
        """Return once the server took it, by a 2xx; raises RefusedError or FailedError, with the reason."""
        url = self._checked(callback_url)
        try:
            async with self._slots[url.origin], asyncio.timeout(SECONDS):
                status = await self._status(url, message, now)
        except TimeoutError:
            raise FailedError(f"{url.origin} has not answered in {SECONDS:.0f} s") from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
            raise FailedError(str(error) or type(error).__name__) from error
        if status == _GONE:
            raise RefusedError(f"{url.origin} answers 410: it wants no more of this")
        if not 200 <= status < 300:
            raise FailedError(f"{url.origin} answers {status}")

    def _checked(self, callback_url: str) -> CallbackUrl:
        try:
            url = CallbackUrl.parse(callback_url)
        except ValueError as error:
            raise RefusedError(str(error)) from error
        if refusal := self._allowed.refusal(url):
            raise RefusedError(refusal)
        return url

    async def _status(self, url: CallbackUrl, message: Message, now: float) -> int:
        origin = url.origin
        target = httpcore.URL(
            scheme=origin.scheme, host=origin.host.strip("[]"), port=origin.port, target=url.target
        )
        headers = {"host": str(origin).partition("://")[2], "user-agent": "sluice"}
        headers |= message.headers(self._keys, int(now))
        async with self._pool.stream(
            "POST", target, headers=list(headers.items()), content=message.body
        ) as answer:
            return int(answer.status)
