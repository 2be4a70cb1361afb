"""Running a service, or a part of one, inside a test."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import ASGIApp

from libs.common.http.serving import listen, serve
from libs.common.runtime.service import Service
from tests.support.waiting import until


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[None]:
    """The service, ready; stopped at the end. Raises what it failed with."""
    stop = asyncio.Event()
    task = asyncio.create_task(service.run(stop))
    try:
        await until(lambda: service.health.state == "ready" or task.done())
        yield
    finally:
        stop.set()
        await task


@asynccontextmanager
async def working(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """The work in a task of its own, cancelled at the end, whatever became of it."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """The app on a socket of its own; its URL. The app's lifespan is the caller's."""
    listener = await asyncio.to_thread(listen, "127.0.0.1", 0)
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(app, listener, stop))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        await serving
