"""Waiting out a dependency that is away: a task goes on where it was."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from libs.common.runtime import retry

T = TypeVar("T")


async def patiently(call: Callable[[], Awaitable[T]], look: Callable[[], None]) -> T:
    """The call's result, tried again for as long as what it needs is away; `look` may raise meanwhile."""

    async def looked() -> T:
        look()
        return await call()

    return await retry.patiently(looked, lambda _: None)
