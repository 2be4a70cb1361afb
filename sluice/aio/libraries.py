"""Libraries: places of photos that are followed."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import msgspec

from sluice import wire
from sluice.aio.http import AsyncHttp
from sluice.aio.jobs import AsyncJob
from sluice.errors import Code, SluiceError
from sluice.models import libraries as body
from sluice.models.jobs import Submitted


@dataclass(frozen=True, slots=True)
class AsyncLibraries:
    """All libraries of a gateway."""

    http: AsyncHttp

    async def all(self) -> list[body.Library]:
        """By name."""
        return await self.http.get("/libraries", list[body.Library])

    async def get(self, library_id: str) -> body.Library:
        """The library of that id, and how it is followed."""
        return await self.http.get(f"/libraries/{wire.segment(library_id)}", body.Library)

    async def find(self, name: str) -> body.Library:
        """The library of that name, or id; SluiceError library_not_found."""
        for each in await self.all():
            if name in (each.name, each.library_id):
                return each
        raise SluiceError(Code.LIBRARY_NOT_FOUND, f"there is no library {name}")

    async def add(self, name: str, uri: str, collection: str | None = None, **how: Any) -> body.Library:
        """Follow a place of photos from now on; `how`: watch, rescan, prune, exclude, protect."""
        sent = wire.given({"name": name, "uri": uri, "collection": collection, **how})
        return await self.http.call("POST", "/libraries", body.Library, json=msgspec.to_builtins(sent))

    async def update(self, library_id: str, **changes: Any) -> body.Library:
        """Follow it another way: name, watch, rescan (None: no rescans), prune, exclude, protect."""
        path = f"/libraries/{wire.segment(library_id)}"
        return await self.http.call("PATCH", path, body.Library, json=msgspec.to_builtins(changes))

    async def remove(self, library_id: str) -> None:
        """Follow it no more; its points and files stay."""
        path = f"/libraries/{wire.segment(library_id)}"
        await self.http.call("DELETE", path, body.LibraryDeleted)

    async def scan(self, library_id: str) -> AsyncJob:
        """Compare it with its points now, as a job."""
        path = f"/libraries/{wire.segment(library_id)}/scan"
        headers = {"idempotency-key": str(uuid4())}
        taken = await self.http.call("POST", path, Submitted, headers=headers)
        return AsyncJob(self.http, taken.job_id, taken)
