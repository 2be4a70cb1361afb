"""Libraries: places of photos that scanners follow, kept on a topic of their own."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from msgspec import structs

from libs.common import control
from libs.common.control import LibraryState
from libs.common.errors import Code, SluiceError
from libs.common.events import Library, ScanRequest, encode
from libs.common.ids import job_id_for_key
from libs.common.kafka.outgoing import Outgoing
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.kafka.tables.table import Table
from libs.common.libraries import folder_of, scan_request
from libs.common.runtime.detached import DetachedCalls
from libs.common.settings import FilesSettings
from libs.common.sources.resolving import resolve_source
from libs.common.sources.uris import is_remote, shown
from libs.common.topics import CONTROL, LIBRARIES
from services.gateway.api.caller import sees
from services.gateway.api.deadlines import deadline, refreshed
from services.gateway.collections.collections import Collections
from services.gateway.jobs.requests import Requests


@dataclass(frozen=True, slots=True)
class Libraries:
    """The table of the topic `libraries`. Each call may raise broker_unavailable."""

    table: Table[Library]
    control: ControlTable
    publisher: Publisher
    collections: Collections
    requests: Requests
    files: FilesSettings
    detached: DetachedCalls

    async def all(self) -> list[Library]:
        """Those that the caller may know of, by name."""
        found = [each for each in (await self._rows()).values() if sees(each.collection)]
        return sorted(found, key=lambda each: (each.name, each.library_id))

    async def get(self, library_id: UUID) -> Library:
        """SluiceError library_not_found."""
        found = (await self._rows()).get(str(library_id))
        if found is None or not sees(found.collection):
            raise SluiceError(Code.LIBRARY_NOT_FOUND, f"there is no library {library_id}")
        return found

    async def add(self, library: Library, collection: str | None) -> Library:
        """Follow it from now on, into the collection, or into the active one.

        Raises SluiceError library_exists, directory_not_found, outside_roots, no_collection_selected or
        collection_not_found.
        """
        await self._check(library)
        await self.detached.run(lambda: resolve_source(folder_of(library), self.files), library.uri)
        target = collection or await self.collections.active()
        await self.collections.adopted(target)
        return await self._write(structs.replace(library, collection=target))

    async def change(self, library_id: UUID, changes: Mapping[str, Any]) -> Library:
        """Have it be followed so; SluiceError library_not_found or library_exists."""
        changed = structs.replace(await self.get(library_id), **changes)
        await self._check(changed)
        return await self._write(changed)

    async def delete(self, library_id: UUID) -> None:
        """Follow it no more; its points and jobs stay. SluiceError library_not_found."""
        await self.get(library_id)
        gone = str(library_id)
        await self._publish(
            Outgoing(LIBRARIES, gone, None), Outgoing(CONTROL, control.library_key(gone), None)
        )

    async def scan(self, library_id: UUID, key: str | None) -> ScanRequest:
        """The published request for a sync of the whole library; SluiceError library_not_found."""
        library = await self.get(library_id)
        job_id = UUID(job_id_for_key(key)) if key else uuid4()
        request = scan_request(library, job_id)
        await self.requests.publish(request)
        return request

    async def state(self, library: Library) -> LibraryState | None:
        """How it is followed; None while no scanner has taken it up."""
        await refreshed(self.control)
        return self.control.library(library.library_id)

    async def _check(self, library: Library) -> None:
        if shown(os.fsencode(library.uri)) != library.uri:
            detail = "a library's uri holds no name and password: they are read from the environment"
            raise SluiceError(Code.INVALID_REQUEST, detail)
        if library.watch and is_remote(folder_of(library).encode()):
            detail = f"{library.uri} gives no events: leave out watch, and set rescan"
            raise SluiceError(Code.INVALID_REQUEST, detail)
        rows = (await self._rows()).values()
        if any(each.name == library.name and each.library_id != library.library_id for each in rows):
            raise SluiceError(Code.LIBRARY_EXISTS, f"there is a library called {library.name} already")

    async def _rows(self) -> Mapping[str, Library]:
        await refreshed(self.table)
        return self.table.rows

    async def _write(self, library: Library) -> Library:
        await self._publish(Outgoing(LIBRARIES, library.library_id, encode(library)))
        return library

    async def _publish(self, *outgoing: Outgoing) -> None:
        async with deadline("writing it down"):
            await self.publisher.publish(list(outgoing))
