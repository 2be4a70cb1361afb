# Made of sluice/aio/client.py by `python -m scripts.sync_client`: change that.
"""The synchronous client."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from sluice import wire
from sluice.files.selecting import select
from sluice.models.photos import Filters, SearchResults
from sluice.models.system import Capabilities, DeadLetters, FolderListing, Health, Instance
from sluice.sync.collections import Collections
from sluice.sync.duplicates import Duplicates
from sluice.sync.http import Http
from sluice.sync.jobs import Job, Jobs
from sluice.sync.libraries import Libraries
from sluice.sync.photos import Photos

RETRIES = 3


class Client:
    """A connection to one gateway; `with` closes it.

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
        connections: httpx.Client | None = None,
    ) -> None:
        """With `connections` (whose base URL is the gateway's) those are used, and stay their giver's."""
        self._own = connections is None
        self._connections = connections or httpx.Client(
            base_url=wire.base_of(base_url), timeout=timeout_s, verify=not wire.is_plain(base_url)
        )
        self.http = http = Http(self._connections, api_key, retries)
        self.jobs = Jobs(http)
        self.collections = Collections(http)
        self.photos = Photos(http)
        self.duplicates = Duplicates(http)
        self.libraries = Libraries(http)

    def ingest(self, path: str, collection: str | None = None, **wanted: Any) -> Job:
        """Start a job over a directory, or one file, that the gateway sees: see Jobs.ingest."""
        return self.jobs.ingest(path, collection, **wanted)

    def upload(self, source: Path | str, collection: str | None = None, **wanted: Any) -> Job:
        """Start a job over the pictures of a folder of this machine, or one file: see Jobs.upload."""
        chosen = select(Path(source))
        return self.jobs.upload(chosen.files, collection, **wanted)

    def job(self, job_id: str) -> Job:
        """The job of that id; asks nothing yet."""
        return self.jobs.get(job_id)

    def search(self, query: str, *, filters: Filters | None = None, limit: int = 20) -> SearchResults:
        """Photos of the active collection by words, best first; Photos.search takes more."""
        return self.photos.search(query, filters=filters, limit=limit)

    def capabilities(self) -> Capabilities:
        """What the system can do now."""
        return self.http.get("/capabilities", Capabilities)

    def folders(self, path: str | None = None) -> FolderListing:
        """The folders in one that may be ingested, and how many pictures it has; without a path the roots."""
        return self.http.call("GET", "/folders", FolderListing, params=wire.given({"path": path}))

    def services(self) -> list[Instance]:
        """Every running instance, and why it waits if it does."""
        return self.http.get("/services", list[Instance])

    def dead_letters(self, limit: int = 20) -> DeadLetters:
        """The latest records that could not be handled, and how many there are."""
        return self.http.call("GET", "/dead-letters", DeadLetters, params={"limit": limit})

    def ready(self) -> Health:
        """Whether requests can be answered; ProblemError with the reason where not."""
        return self.http.call("GET", "/readyz", Health, prefix="")

    def close(self) -> None:
        """Close the connections that it opened."""
        if self._own:
            self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
