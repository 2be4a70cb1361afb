"""Points that syncs have removed, and putting them back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from libs.common import messages
from libs.common.errors import Code, SluiceError
from libs.common.kafka.connection import Connection
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.kafka.tables.tail import Tail
from libs.common.messages import RemovedRecord
from libs.common.store.protocol import Point, Store
from libs.common.topics import REMOVED, key_partition
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
        return sum([await self._put_back(record) async for record in self._records(str(job_id))])

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

    async def _records(self, job_id: str) -> AsyncIterator[RemovedRecord]:
        async with Tail.open(self.connection, REMOVED) as tail:
            partitions = await tail.partitions()
            tail.follow({key_partition(job_id, len(partitions)): 0})
            ends = await tail.end_offsets(tail.followed)
            while not await tail.has_reached(ends):
                for records in (await tail.read(0.2)).values():
                    for record in records:
                        if record.key == job_id.encode():
                            yield messages.decode(record.value or b"", RemovedRecord)
