"""What runs, what it can do, and whether requests can be answered."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from prometheus_client.core import Metric

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.kafka.connection import Connection
from libs.common.kafka.tables import dead_letters
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.stages import INFERENCER, UPSERTER
from libs.common.store.advice import server_advice
from libs.common.store.protocol import Store
from services.gateway.api.deadlines import deadline
from services.gateway.collections.collections import Collections
from services.gateway.jobs.reader import JobReader
from services.gateway.system import metrics, presence
from services.gateway.system.flows import Flows
from services.gateway.system.lag import lags
from services.gateway.system.models import (
    CapabilitiesOut,
    DeadLetterOut,
    DeadLettersOut,
    InFlightOut,
    ServiceOut,
)
from services.gateway.system.presence import Presence

STORE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class System:
    """The stages as their heartbeats, offsets and the topics tell of them."""

    connection: Connection
    control: ControlTable
    store: Store
    presence: Presence
    jobs: JobReader
    collections: Collections
    flows: Flows
    metric_labels: Sequence[str] = ()
    """Labels of jobs that metrics tell apart."""

    async def services(self) -> list[ServiceOut]:
        """Every instance, with the lag of its stage where that is known."""
        found = await self.presence.current()
        behind = await lags(self.connection)
        rates = self.flows.rates()
        return [
            instance.model_copy(update={"lag": behind.get(instance.stage), "rate": rates.get(instance.stage)})
            for instance in found
        ]

    async def dead_letters(self, limit: int) -> DeadLettersOut:
        """How many records could not be handled, and the latest of them."""
        async with deadline("reading dead-letters"):
            there = await dead_letters.read(self.connection, latest=limit)
        items = [
            DeadLetterOut(
                letter=each.place,
                topic=each.dead.topic,
                code=each.dead.code,
                error=each.dead.error,
                at=each.dead.at,
                job_id=each.dead.job_id,
                file_id=each.dead.file_id,
            )
            for each in reversed(there.found)
        ]
        return DeadLettersOut(total=there.total, items=items[:limit])

    async def in_flight(self, job_id: UUID) -> list[InFlightOut]:
        """The job's files under way; SluiceError job_not_found, or job_gone."""
        job = await self.jobs.get(job_id)
        return await self.presence.in_flight(job.job_id)

    async def capabilities(self) -> CapabilitiesOut:
        """Batch sizes, model and readiness."""
        active = await self.collections.active_or_none()
        found, model = await self.presence.current(), self.control.model()
        batch, obstacle = presence.batch_of(INFERENCER, found), await self._obstacle(found, active)
        return CapabilitiesOut(
            ml_batch_size=min(batch, model.batch) if model and batch else batch,
            qdrant_batch_size=presence.batch_of(UPSERTER, found),
            is_ready_for_ingestion=obstacle is None,
            not_ready_reason=obstacle,
            active_collection=active,
            model=model.model if model else None,
            advice=await self._advice(active),
        )

    async def _advice(self, active: str | None) -> str | None:
        """None too while the store does not answer: that is said elsewhere."""
        if active is None or self.store.has_index:
            return None
        with suppress(SluiceError):
            return server_advice(active, (await self.store.info(active)).points_count)
        return None

    async def _obstacle(self, found: Sequence[ServiceOut], active: str | None) -> str | None:
        """Why a job would not be stored now; None where nothing is known to be in its way."""
        if (idle := presence.not_ready(found)) is not None:
            return idle
        try:
            if active is not None:
                await self.collections.fitting(active)
        except SluiceError as error:
            return error.detail
        return None

    async def metrics(self, own: Iterable[Metric] = ()) -> bytes:
        """Jobs, files, instances and lags in Prometheus' text format, with the process's `own` metrics."""
        found = await self.presence.current()
        totals, behind = await self.jobs.totals(), await lags(self.connection)
        return metrics.text(totals, found, behind, own, await self.jobs.labelled(self.metric_labels))

    async def check(self) -> None:
        """Raise SluiceError with the reason where the store or Kafka do not answer."""
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await self.store.collections()
        except TimeoutError as error:
            detail = f"the store does not answer in {STORE_SECONDS:.0f} s"
            raise UnavailableError(Code.STORE_UNAVAILABLE, detail) from error
        await self.jobs.status.catch_up()
