"""Running a service inside a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from libs.common.service import Service


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
