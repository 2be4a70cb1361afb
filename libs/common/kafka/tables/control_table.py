"""The `control` topic as questions that services ask."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from libs.common import control
from libs.common.control import (
    ActiveCollection,
    ClusterLabels,
    CollectionState,
    Control,
    FilledBy,
    JobCommand,
    LibraryState,
    ListedRoot,
    ModelInUse,
    SyncedRoot,
)
from libs.common.kafka.connection import Connection
from libs.common.kafka.tables.table import Table
from libs.common.topics import CONTROL


class ControlTable:
    """Typed look-ups over the control table; `refresh` first where a write just before must be seen."""

    def __init__(self, table: Table[Control]) -> None:
        self._table = table

    @classmethod
    @asynccontextmanager
    async def open(cls, connection: Connection) -> AsyncIterator["ControlTable"]:
        """The control table, read to its end."""
        async with Table.open(connection, CONTROL, control.decode) as table:
            yield cls(table)

    async def refresh(self) -> None:
        """Return once everything written before this call can be read here."""
        await self._table.refresh()

    @property
    def changes(self) -> int:
        """A number that grows with each change."""
        return self._table.changes

    async def changed(self, timeout_s: float) -> bool:
        """Wait for any change, at most `timeout_s`; whether there was one."""
        return await self._table.changed(timeout_s)

    def active(self) -> str | None:
        """The name of the active collection."""
        row = self._table.rows.get(control.ACTIVE)
        return row.name if isinstance(row, ActiveCollection) else None

    def model(self, requested: str | None = None) -> ModelInUse | None:
        """The model of that name, or the one in use, as the inferencer last saw it."""
        row = self._table.rows.get(control.model_key(requested))
        return row if isinstance(row, ModelInUse) else None

    def collection(self, name: str) -> CollectionState | None:
        """The collection's present generation; None if there is none of that name."""
        row = self._table.rows.get(f"collection:{name}")
        return row if isinstance(row, CollectionState) else None

    def collections(self) -> list[CollectionState]:
        """The present generations of all collections that somebody has used."""
        return [row for row in self._table.rows.values() if isinstance(row, CollectionState)]

    def filled(self, name: str, generation: str | None = None) -> FilledBy | None:
        """The model that filled that generation of the collection; None: the present one."""
        state = self.collection(name)
        if state is None:
            return None
        wanted = state.present if generation is None else state.holding(generation)
        row = None if wanted is None else self._table.rows.get(f"filled:{wanted.stored_in}")
        if isinstance(row, FilledBy) and wanted is not None and row.generation == wanted.generation:
            return row
        return None

    def listed_roots(self) -> list[bytes]:
        """The folders that jobs were given to list."""
        return [row.path for row in self._table.rows.values() if isinstance(row, ListedRoot)]

    def labels(self, name: str) -> dict[int, str]:
        """The names that people gave to the clusters in the collection's map."""
        row = self._table.rows.get(f"labels:{name}")
        return dict(row.labels) if isinstance(row, ClusterLabels) else {}

    def synced(self, collection: str, root: bytes) -> SyncedRoot | None:
        """What the last sync of the folder noted."""
        row = self._table.rows.get(control.synced_key(collection, root))
        return row if isinstance(row, SyncedRoot) else None

    def library(self, library_id: str) -> LibraryState | None:
        """How the library is followed."""
        row = self._table.rows.get(control.library_key(library_id))
        return row if isinstance(row, LibraryState) else None

    def commands(self) -> list[JobCommand]:
        """What people last asked of each job and task, as far as it is kept."""
        return [row for row in self._table.rows.values() if isinstance(row, JobCommand)]

    def command(self, job_id: str) -> JobCommand | None:
        """What a person last asked of the job."""
        row = self._table.rows.get(f"job:{job_id}")
        return row if isinstance(row, JobCommand) else None
