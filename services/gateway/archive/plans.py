"""What is to be archived out of the active collection, as clients ask for it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from libs.common.duplicates.policy import Policy
from libs.common.errors import Code, SluiceError
from libs.common.sources.roots import translate
from libs.common.store.protocol import Record
from services.gateway.archive import candidates
from services.gateway.archive.journal import Kind
from services.gateway.archive.planning import (
    Skipped,
    Target,
    all_kept,
    duplicates,
    incomplete,
    movable,
    photo_of,
    refusal,
    selected,
    stacked,
    units,
)
from services.gateway.collections.collections import Collections
from services.gateway.duplicates import contents
from services.gateway.settings import GatewaySettings


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be archived out of a collection, and what was refused already."""

    kind: Kind
    collection: str
    targets: Sequence[Target]
    refused: Sequence[Skipped] = ()


@dataclass(frozen=True, slots=True)
class Plans:
    """Each call may raise archive_disabled, no_collection_selected, store_unavailable.

    `protect` of a call names folders, as the client writes them, whose files stay.
    """

    settings: GatewaySettings
    collections: Collections
    policy: Policy = field(default_factory=Policy)

    async def exact(self, paths: Sequence[str], protect: Sequence[str] = ()) -> Plan:
        """To archive copies at these paths, as the client writes them."""
        collection = await self.collection()
        ours = [translate(path, self.settings.path_map) for path in paths]
        requested, missing = await candidates.by_paths(self.collections.store, collection, ours)
        return await self._copies("exact", collection, requested, missing, protect)

    async def copies(self, collection: str | None, ids: Sequence[str], protect: Sequence[str] = ()) -> Plan:
        """To archive the files of these points, of whose contents others stay. None: the active one."""
        collection = await self.collection(collection)
        requested = await contents.by_ids(self.collections.store, collection, ids)
        return await self._copies("job", collection, requested, [], protect)

    async def similar(self, collection: str, keepers: Mapping[str, str], protect: Sequence[str] = ()) -> Plan:
        """To archive the files of points, each in favour of another's: the ids of those that stay, by theirs.

        Other files of their pictures go along, if their contents stay somewhere else.
        """
        collection, store = await self.collection(collection), self.collections.store
        requested = await contents.by_ids(store, collection, keepers)
        kept = {each.id: each for each in await contents.by_ids(store, collection, keepers.values())}
        every, mates = await candidates.with_mates(store, collection, requested)
        along = [record for record in every if record.id not in keepers]
        policy, copies = self._with(protect), await contents.copies(store, collection, along)
        targets = [
            Target(photo_of(record), (photo_of(kept[keepers[record.id]]),))
            for record in requested
            if keepers[record.id] in kept
        ]
        targets += await asyncio.to_thread(duplicates, {record.id for record in along}, copies, policy)
        return await self._plan("similar", collection, stacked(targets, mates), [], policy)

    def ours(self, folder: str) -> str:
        """The folder as it is called here."""
        return translate(folder, self.settings.path_map)

    async def selection(self, ids: Sequence[str], protect: Sequence[str] = ()) -> tuple[Plan, list[str]]:
        """To archive the files of these points; also the ids that have none."""
        collection = await self.collection()
        found, fixed = movable(every := await contents.by_ids(self.collections.store, collection, ids))
        known = {record.id for record in every}
        unknown = [each for each in dict.fromkeys(ids) if each not in known]
        found, mates = await candidates.with_mates(self.collections.store, collection, found)
        targets = stacked(selected(found), mates)
        return await self._plan("selection", collection, targets, fixed, self._with(protect)), unknown

    async def collection(self, name: str | None = None) -> str:
        """The collection, else the active one; archive_disabled where files are not moved here."""
        self.check_enabled()
        name = name or await self.collections.active()
        await self.collections.adopted(name)
        return name

    def check_enabled(self) -> None:
        """SluiceError archive_disabled where files are not moved here."""
        if not self.settings.may_archive:
            raise SluiceError(
                Code.ARCHIVE_DISABLED, "files are not moved here: set ARCHIVE_ENABLED=true to allow it"
            )

    async def _copies(
        self,
        kind: Kind,
        collection: str,
        requested: list[Record],
        missing: list[Skipped],
        protect: Sequence[str],
    ) -> Plan:
        policy = self._with(protect)
        requested, fixed = movable(requested)
        requested, mates = await candidates.with_mates(self.collections.store, collection, requested)
        every, _ = movable(await contents.copies(self.collections.store, collection, requested))
        targets = await asyncio.to_thread(duplicates, {record.id for record in requested}, every, policy)
        return await self._plan(kind, collection, stacked(targets, mates), [*missing, *fixed], policy)

    async def _plan(
        self, kind: Kind, collection: str, targets: list[Target], refused: list[Skipped], policy: Policy
    ) -> Plan:
        links = await candidates.links_to(self.collections.store, targets)
        going, left = list[Target](), list(refused)
        for unit in units(targets):
            refusals = (refusal(target, policy, links) for target in unit)
            failed = incomplete(unit) or next(filter(None, refusals), None)
            if failed is None:
                going += unit
            else:
                left += all_kept(unit, failed)
        return Plan(kind, collection, going, left)

    def _with(self, protect: Sequence[str]) -> Policy:
        return self.policy.protecting(map(self.ours, protect))
