"""Running a service, or a part of one, inside a test."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from libs.common.runtime.service import Service


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[None]:
    """The service, ready; stopped at the end. Raises what it failed with."""
    stop = asyncio.Event()
    task = asyncio.create_task(service.run(stop))
    try:
        async with asyncio.timeout(30):
            while service.health.state != "ready" and not task.done():
                await asyncio.sleep(0.02)
        yield
    finally:
        stop.set()
        await task


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """The work in a task of its own, cancelled at the end, whatever became of it."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
