"""Which contents a collection has already, in files that are still there: an upload of them is not needed."""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial

from libs.common.duplicates.policy import Policy
from libs.common.errors import FileError, SluiceError
from libs.common.points.fields import Fields
from libs.common.points.paths import path_of
from libs.common.points.projections import KEPT
from libs.common.runtime.detached import DetachedCalls
from libs.common.sources.sources import Sources
from libs.common.store.protocol import Record, Store
from services.gateway.duplicates import contents

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KnownContents:
    """A point whose file is gone, changed, a link or in a bin does not count: its content may be lost."""

    store: Store
    sources: Sources
    policy: Policy
    detached: DetachedCalls

    async def among(self, collection: str, hashes: Collection[str]) -> dict[str, str]:
        """By content, those of `hashes` that the collection has, with the smallest id of a point of it.

        None are known while the store, or the folder of a photo, does not answer.
        """
        try:
            stored = await contents.where(
                self.store, collection, Fields.file_hash.name, list(hashes), payload=KEPT
            )
            kept = partial(_kept, self.policy.copies(stored), self.sources)
            return await self.detached.run(kept, "the folder of a photo")
        except SluiceError as error:
            log.warning("an upload is stored without a look at what is stored already: %s", error.detail)
            return {}


def _kept(records: Iterable[Record], sources: Sources) -> dict[str, str]:
    """Content to point id, of those whose file is as it was when it was stored. Blocks on the disk."""
    found: dict[str, str] = {}
    for record in sorted(records, key=lambda each: each.id):
        hash_ = Fields(record.payload).file_hash
        if hash_ and hash_ not in found and _is_there(Fields(record.payload), sources):
            found[hash_] = record.id
    return found


def _is_there(point: Fields, sources: Sources) -> bool:
    path = path_of(point)
    if not path:
        return False
    try:
        now = sources.of(path).stat(path)
    except (FileError, OSError):
        return False
    return (now.size, now.mtime_ns) == (point.size, point.mtime_ns)
