"""The span of work on a record whose header names the one that it comes from."""

from aiokafka.structs import ConsumerRecord
from msgspec import structs

from libs.common.messages import FileRecord, RecordT
from libs.common.tracing.spans import Span, Tracing, context_in


def traced(
    tracing: Tracing, stage: str, record: ConsumerRecord, decoded: RecordT
) -> tuple[RecordT, Span | None]:
    """The record with its own span as what its next one comes from, and that span, if it is traced."""
    parent = context_in(record.headers or ())
    if not parent or not isinstance(decoded, FileRecord):
        return decoded, None
    file = decoded.file
    span = tracing.begin(
        f"{stage} {record.topic}",
        parent,
        {
            "messaging.system": "kafka",
            "messaging.destination.name": record.topic,
            "messaging.destination.partition.id": str(record.partition),
            "messaging.kafka.offset": str(record.offset),
            "sluice.job_id": file.job_id,
            "sluice.file_id": file.file_id,
        },
    )
    if span is None:
        return decoded, None
    return structs.replace(decoded, file=structs.replace(file, trace=span.context)), span
