"""The end of a batch: publish what it gave, then commit the contiguous prefix of what is done."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Generic

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import CommitFailedError, IllegalStateError
from aiokafka.structs import TopicPartition

from libs.common.errors import SluiceError, UnavailableError
from libs.common.kafka.connection import Connection, broker_errors
from libs.common.kafka.outgoing import Outgoing
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.runner.batch import Batch
from libs.common.kafka.runner.progress import Progress
from libs.common.kafka.runner.tries import Tries
from libs.common.messages import RecordT
from libs.common.metrics.declared import RETRIES
from libs.common.metrics.instruments import Instruments
from libs.common.runtime.retry import until_available

log = logging.getLogger(__name__)

REFUSED_SECONDS = 5.0
"""How long a stage stays that the brokers refuse, before its process ends."""


class Finishing(Generic[RecordT]):
    """Publishes and commits for one stage; `held_up` is why the brokers do not take what it gives."""

    def __init__(
        self, stage: str, connection: Connection, publisher: Publisher, tries: Tries, instruments: Instruments
    ) -> None:
        self._stage = stage
        self._connection = connection
        self._publisher = publisher
        self._tries = tries
        self._instruments = instruments
        self._commit_lock = asyncio.Lock()
        self.progress: Progress[TopicPartition] = Progress()
        self.held_up: str | None = None

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        """Publish until the brokers have it; a repeated record overwrites what it wrote before.

        What they refuse ends the stage, uncommitted; said for a while first, and not in a tight circle.
        """
        try:
            await until_available(lambda: self._publisher.publish(outgoing), self._is_held_up)
        except SluiceError as error:
            self._is_held_up(error)
            await asyncio.sleep(REFUSED_SECONDS)
            raise
        self.held_up = None

    async def commit(self, consumer: AIOKafkaConsumer, batch: Batch[RecordT]) -> None:
        """Its records are done; where the brokers are away the next commit says so too."""
        async with self._commit_lock:
            offsets = self.progress.finished(batch.places)
            if not offsets:
                return
            for partition, offset in offsets.items():
                self._tries.ended(partition, offset)
            try:
                with broker_errors(self._connection.bootstrap_servers):
                    await self._commit_offsets(consumer, offsets)
            except UnavailableError as error:
                log.warning("%s: a commit is left to the next: %s", self._stage, error.detail)

    def _is_held_up(self, error: SluiceError) -> None:
        self.held_up = error.detail
        self._instruments.count(RETRIES, "brokers")

    async def _commit_offsets(self, consumer: AIOKafkaConsumer, offsets: dict[TopicPartition, int]) -> None:
        try:
            await consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError):
            # The group moved on without us; the records come again, to us or to another member.
            log.info("%s: a commit came after its partitions had moved", self._stage)
