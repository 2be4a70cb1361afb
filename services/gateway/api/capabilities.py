"""How an endpoint gets the one capability that it needs, without knowing the others."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Protocol, TypeVar

from fastapi import Depends, Request

from libs.common.runtime.service import Health

T = TypeVar("T")


class Capabilities(Protocol):
    """The gateway as its endpoints see it: its health, and its capabilities by their type."""

    health: Health

    def get(self, kind: type[T]) -> T:
        """The capability; UnavailableError broker_unavailable with the reason while it is not open."""


def capabilities_of(request: Request) -> Capabilities:
    """All capabilities of the app that answers the request."""
    capabilities: Capabilities = request.app.state.lifecycle
    return capabilities


def capability(kind: type[T]) -> Callable[[Request], Awaitable[T]]:
    """A FastAPI dependency that yields the capability of this type.

    A coroutine function, like any dependency here: for others FastAPI has each request wait for a thread.
    """

    async def dependency(request: Request) -> T:
        return capabilities_of(request).get(kind)

    return dependency


async def _all(request: Request) -> Capabilities:
    return capabilities_of(request)


AnyCapability = Annotated[Capabilities, Depends(_all)]
"""What a probe takes, which answers while the gateway is not open too."""
