"""Which files need no work, because what is stored of them is still true."""

from collections.abc import Sequence

from libs.common.control import ModelInUse
from libs.common.store.payload import RESCAN_FIELDS
from libs.common.store.protocol import Store
from services.scanner.entries import Spooled
from services.scanner.journal import JobRecord
from services.scanner.worker import is_unchanged


async def unchanged(
    store: Store, record: JobRecord, files: Sequence[Spooled], model: ModelInUse | None
) -> set[str]:
    """The ids of the files whose stored points are up to date.

    None are while no model is known, nor when the request forces. Raises what the store raises.
    """
    candidates = {file.file_id: file for file in files if file.code is None}
    if record.request.force or model is None or not candidates:
        return set()
    points = await store.retrieve(record.collection or "", list(candidates), payload=RESCAN_FIELDS)
    return {
        point.id for point in points if is_unchanged(record, candidates[point.id], point.payload, model.model)
    }
