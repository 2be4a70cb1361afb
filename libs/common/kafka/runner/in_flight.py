"""What a runner works on now, for people who look for the file that hangs."""

import time
from collections.abc import Callable, Collection
from operator import attrgetter

from aiokafka.structs import TopicPartition

from libs.common.kafka.runner.batch import Batch
from libs.common.messages import FileRecord, RecordT
from libs.common.runtime.service import Work, WorkingOn

MOST = 20
"""So many files are named: a heartbeat stays small."""
FROM_SECONDS = 2.0
"""A file that is done sooner is of no interest."""

TriesOf = Callable[[TopicPartition, int], int]


def work_of(batches: Collection[Batch[RecordT]], tries: TriesOf) -> Work:
    """The records of these batches, and the files that take longest."""
    begun_before = time.monotonic() - FROM_SECONDS
    oldest = sorted(
        (file for batch in batches if batch.started < begun_before for file in _files(batch, tries)),
        key=attrgetter("since"),
    )
    return Work(sum(len(batch.places) for batch in batches), tuple(oldest[:MOST]))


def _files(batch: Batch[RecordT], tries: TriesOf) -> list[WorkingOn]:
    return [
        WorkingOn(r.file.job_id, r.file.file_id, r.file.file, batch.started, tries(*place))
        for r, place in zip(batch.records, batch.taken_from, strict=True)
        if isinstance(r, FileRecord)
    ]
