"""Records into a batch: what cannot be decoded, or ended its process too often, becomes a dead letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

from aiokafka.structs import ConsumerRecord, TopicPartition

from libs.common import messages
from libs.common.errors import SluiceError
from libs.common.kafka.runner.batch import Batch, Input
from libs.common.kafka.runner.dead_letters import failed_work
from libs.common.kafka.runner.traced import traced
from libs.common.kafka.runner.tries import Tries, blame
from libs.common.messages import RecordT
from libs.common.tracing.spans import Tracing


@dataclass(frozen=True, slots=True)
class Taking(Generic[RecordT]):
    """Decodes what one input reads."""

    input: Input[RecordT]
    tracing: Tracing
    tries: Tries

    def take(
        self, batch: Batch[RecordT], partition: TopicPartition, records: Sequence[ConsumerRecord]
    ) -> None:
        """Add the records of a partition."""
        for record in records:
            batch.bytes += len(record.value or b"")
            batch.places.append((partition, record.offset))
            batch.keys[record.key] += 1
            try:
                decoded = messages.decode(record.value or b"", self.input.kind)
            except SluiceError as error:
                batch.dead_letters += failed_work(record, error)
                continue
            if self.tracing.on:
                decoded, span = traced(self.tracing, self.input.name, record, decoded)
                batch.spans += [span] if span else []
            if self.tries.is_to_blame(partition, record.offset):
                batch.dead_letters += failed_work(record, blame(), decoded)
            else:
                batch.records.append(decoded)
                batch.taken_from.append((partition, record.offset))
