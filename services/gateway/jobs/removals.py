"""Points that syncs have removed, and putting them back."""

from dataclasses import dataclass
from uuid import UUID

import numpy as np

from libs.common import messages
from libs.common.errors import Code, SluiceError
from libs.common.kafka.connection import Connection
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.kafka.tables.keyed import values
from libs.common.messages import RemovedRecord
from libs.common.store.protocol import Point, Store
from libs.common.topics import REMOVED
from services.gateway.api.deadlines import refreshed
from services.gateway.jobs.reader import JobReader


@dataclass(frozen=True, slots=True)
class Removals:
    """What lies on `removed`, for as long as that is kept."""

    jobs: JobReader
    store: Store
    control: ControlTable
    connection: Connection

    async def put_back(self, job_id: UUID) -> int:
        """Write the job's removed points, but for those that are there again; how many.

        Raises SluiceError job_not_found, job_running, or collection_gone.
        """
        job = await self.jobs.get(job_id)
        if not job.is_over:
            raise SluiceError(Code.JOB_RUNNING, f"job {job_id} still runs: let it end first")
        await refreshed(self.control)
        removed = values(self.connection, REMOVED, str(job_id), since=0)
        return sum(
            [await self._put_back(messages.decode(each or b"", RemovedRecord)) async for each in removed]
        )

    async def _put_back(self, record: RemovedRecord) -> int:
        state = self.control.collection(record.collection)
        if state is None or state.generation != record.generation:
            raise SluiceError(
                Code.COLLECTION_GONE, f"the collection {record.collection} that they were in is no more"
            )
        there = await self.store.retrieve(record.collection, list(record.ids), payload="none")
        known = {each.id for each in there}
        points = [
            Point(id_, np.frombuffer(vector, dtype="<f4").tolist(), payload)
            for id_, payload, vector in zip(record.ids, record.payloads, record.vectors, strict=True)
            if id_ not in known
        ]
        if points:
            await self.store.upsert(record.collection, points)
        return len(points)
