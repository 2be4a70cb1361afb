"""The asynchronous client."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from sluice import wire
from sluice.aio.collections import AsyncCollections
from sluice.aio.duplicates import AsyncDuplicates
from sluice.aio.http import AsyncHttp
from sluice.aio.jobs import AsyncJob, AsyncJobs
from sluice.aio.libraries import AsyncLibraries
from sluice.aio.photos import AsyncPhotos
from sluice.files.selecting import select
from sluice.models.photos import Filters, SearchResults
from sluice.models.system import Capabilities, DeadLetters, FolderListing, Health, Instance

RETRIES = 3


class AsyncClient:
    """A connection to one gateway; `async with` closes it.

    Every call raises SluiceError: ProblemError with the gateway's own code, detail and HTTP status, or
    UnavailableError where it does not answer. Reads and starts of jobs are tried `retries` times more.
    """

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8002",
        api_key: str | None = None,
        *,
        timeout_s: float = wire.SECONDS,
        retries: int = RETRIES,
        connections: httpx.AsyncClient | None = None,
    ) -> None:
        """With `connections` (whose base URL is the gateway's) those are used, and stay their giver's."""
        self._own = connections is None
        # Reading the trusted certificates takes 0.1 s, and a gateway without TLS needs none.
        self._connections = connections or httpx.AsyncClient(
            base_url=wire.base_of(base_url), timeout=timeout_s, verify=not wire.is_plain(base_url)
        )
        self.http = http = AsyncHttp(self._connections, api_key, retries)
        self.jobs = AsyncJobs(http)
        self.collections = AsyncCollections(http)
        self.photos = AsyncPhotos(http)
        self.duplicates = AsyncDuplicates(http)
        self.libraries = AsyncLibraries(http)

    async def ingest(self, path: str, collection: str | None = None, **wanted: Any) -> AsyncJob:
        """Start a job over a directory, or one file, that the gateway sees: see AsyncJobs.ingest."""
        return await self.jobs.ingest(path, collection, **wanted)

    async def upload(self, source: Path | str, collection: str | None = None, **wanted: Any) -> AsyncJob:
        """Start a job over the pictures of a folder of this machine, or one file: see AsyncJobs.upload."""
        chosen = await asyncio.to_thread(select, Path(source))
        return await self.jobs.upload(chosen.files, collection, **wanted)

    def job(self, job_id: str) -> AsyncJob:
        """The job of that id; asks nothing yet."""
        return self.jobs.get(job_id)

    async def search(self, query: str, *, filters: Filters | None = None, limit: int = 20) -> SearchResults:
        """Photos of the active collection by words, best first; AsyncPhotos.search takes more."""
        return await self.photos.search(query, filters=filters, limit=limit)

    async def capabilities(self) -> Capabilities:
        """What the system can do now."""
        return await self.http.get("/capabilities", Capabilities)

    async def folders(self, path: str | None = None) -> FolderListing:
        """The folders in one that may be ingested, and how many pictures it has; without a path the roots."""
        return await self.http.call("GET", "/folders", FolderListing, params=wire.given({"path": path}))

    async def services(self) -> list[Instance]:
        """Every running instance, and why it waits if it does."""
        return await self.http.get("/services", list[Instance])

    async def dead_letters(self, limit: int = 20) -> DeadLetters:
        """The latest records that could not be handled, and how many there are."""
        return await self.http.call("GET", "/dead-letters", DeadLetters, params={"limit": limit})

    async def ready(self) -> Health:
        """Whether requests can be answered; ProblemError with the reason where not."""
        return await self.http.call("GET", "/readyz", Health, prefix="")

    async def close(self) -> None:
        """Close the connections that it opened."""
        if self._own:
            await self._connections.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
