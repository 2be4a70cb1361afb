"""What becomes of a record that cannot be decoded: a dead letter, and its file's outcome."""

import logging

from aiokafka.structs import ConsumerRecord

from libs.common import events
from libs.common.errors import SluiceError
from libs.common.kafka.outgoing import FILE_ID_HEADER, JOB_ID_HEADER, Outgoing, event, outcomes
from libs.common.messages import FileRecord, Record, TaskRecord
from libs.common.tasks import reported
from libs.common.topics import DEAD_LETTERS

log = logging.getLogger(__name__)

_MAX_BODY_BYTES = 600 * 1024
"""Base64 makes a third more of it; the letter as a whole stays under MAX_MESSAGE_BYTES."""
_MAX_NAME_BYTES = 1024
"""Of the key, and of an id in a header: ours are far shorter, anybody's may be as long as a record."""


def dead_letter(record: ConsumerRecord, error: SluiceError) -> Outgoing:
    """The dead letter of a record that other systems may have written: its headers prove nothing."""
    return _dead_letter(record, error, None, None)


def failed_work(record: ConsumerRecord, error: SluiceError, decoded: Record | None = None) -> list[Outgoing]:
    """The dead letter of a record on a work topic, and the failed outcome of the file that its headers name.

    They are Sluice's own headers only where the record's key is the job that they name. `decoded` is the
    record's body where it can be read: then the outcome shows the file by its name,
    and a task is reported as failed.
    """
    if isinstance(decoded, TaskRecord):
        ending = reported(decoded, "failed", code=error.code, error=error.detail)
        return [_dead_letter(record, error, None, None), event(ending)]
    # A header's value may be missing, as a record's may.
    headers = {name: _short(value).decode(errors="replace") for name, value in record.headers or ()}
    job_id, file_id = headers.get(JOB_ID_HEADER), headers.get(FILE_ID_HEADER)
    if not job_id or not file_id or _short(record.key).decode(errors="replace") != job_id:
        return [_dead_letter(record, error, None, None)]
    name = decoded.file.file if isinstance(decoded, FileRecord) else file_id
    failed = outcomes([(job_id, events.failure(file_id, name, error))])
    return [_dead_letter(record, error, job_id, file_id), *failed]


def _dead_letter(
    record: ConsumerRecord, error: SluiceError, job_id: str | None, file_id: str | None
) -> Outgoing:
    log.warning(
        "%s/%s@%s goes to dead letters: %s", record.topic, record.partition, record.offset, error.detail
    )
    body = record.value if record.value is not None and len(record.value) <= _MAX_BODY_BYTES else None
    key = None if record.key is None else _short(record.key)
    dead_record = events.DeadLetter(
        topic=record.topic, partition=record.partition, offset=record.offset, key=key,
        code=error.code, error=error.detail, job_id=job_id, file_id=file_id, body=body,
    )  # fmt: skip
    return Outgoing(DEAD_LETTERS, (key or b"").decode(errors="backslashreplace"), events.encode(dead_record))


def _short(value: bytes | None) -> bytes:
    return (value or b"")[:_MAX_NAME_BYTES]
