"""Taking requests from ingest, and taking up the unfinished jobs of the partitions that come with it."""

import asyncio
import logging
import os
import secrets
import time
from collections.abc import Sequence
from functools import partial

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.structs import ConsumerRecord, TopicPartition
from msgspec import structs

from libs.common import events
from libs.common.control import ListedRoot
from libs.common.errors import Code, SluiceError
from libs.common.events import ScanRequest
from libs.common.kafka.outgoing import event, fact
from libs.common.kafka.runner.dead_letters import dead_letter
from libs.common.kafka.stale_members import group_consumer
from libs.common.kafka.tables.table import read_partition
from libs.common.sources.resolving import is_list, resolve_source
from libs.common.sources.roots import Roots, readable
from libs.common.sources.uris import is_remote
from libs.common.stages import SCANNER
from libs.common.topics import INGEST, JOB_STATUS, SCANS, key_partition
from libs.common.tracing.spans import context_in
from services.scanner.jobs import changelog
from services.scanner.jobs.changelog import JobRecord, Refusal, fingerprint
from services.scanner.jobs.endings import accepted, refused
from services.scanner.jobs.history import find_job
from services.scanner.jobs.request import Origin, accept, at_home, below_upload, is_repeat, job_id_of
from services.scanner.jobs.running import Jobs
from services.scanner.libraries.followers import Followers
from services.scanner.outbox import until_available
from services.scanner.wiring import Wiring

log = logging.getLogger(__name__)

POLL_MS = 250
REVOKE_SECONDS = 10.0
RESOLVE_SECONDS = 30.0

Known = dict[str, str]
"""Job id to the fingerprint of its request."""


class Intake:
    """The scanner's place in its consumer group. A partition's jobs are known before its records are read."""

    def __init__(self, wiring: Wiring, jobs: Jobs, followers: Followers, status_partitions: int) -> None:
        self._wiring = wiring
        self._jobs = jobs
        self._followers = followers
        self._status_partitions = status_partitions
        self._assigned: set[int] = set()
        self._known: dict[int, Known] = {}
        self._turn = asyncio.Lock()

    async def run(self, stop: asyncio.Event) -> None:
        """Take requests until `stop`; then leave every job where it is."""
        connection = self._wiring.connection
        async with group_consumer(connection, SCANNER.name) as consumer:
            consumer.subscribe([connection.names.of(INGEST)], listener=_Rebalance(self))
            try:
                while not stop.is_set():
                    await self._poll(consumer)
            finally:
                await self._followers.leave(set(self._assigned))
                await self._jobs.stop()

    def assigned(self, partitions: set[int]) -> None:
        """These are ours; their jobs are taken up by `run`, where a failure is heard."""
        self._assigned = partitions
        self._followers.own(partitions)
        self._wiring.health.ready()

    async def revoked(self, partitions: set[int]) -> None:
        """These are no longer ours: when this returns, nothing of us works on them."""
        self._assigned -= partitions
        for partition in partitions:
            self._known.pop(partition, None)
        await self._followers.leave(partitions)
        try:
            async with asyncio.timeout(REVOKE_SECONDS), self._turn:
                await self._jobs.stop(partitions)
        except TimeoutError:
            log.warning("a request is still being taken while its partition moves")
            await self._jobs.stop(partitions)

    async def _poll(self, consumer: AIOKafkaConsumer) -> None:
        self._wiring.health.alive()
        self._jobs.raise_failure()
        await self._take_up()
        found = await consumer.getmany(timeout_ms=POLL_MS, max_records=100)
        for partition, records in found.items():
            for record in records:
                await self._take(consumer, partition, record)

    async def _take_up(self) -> None:
        for partition in sorted(self._assigned - self._known.keys()):
            async with self._turn:
                await self._recover(partition)

    async def _recover(self, partition: int) -> None:
        """Read the partition's changelog, resume what is unfinished, forget what is long over."""
        rows = await until_available(
            lambda: read_partition(self._wiring.connection, SCANS, partition, changelog.decode),
            self._wiring.health,
        )
        if partition not in self._assigned:
            return
        old = [record for record in rows.values() if _is_old(record)]
        await self._wiring.outbox.send([changelog.tombstone(record) for record in old])
        for record in old:
            del rows[record.job_id]
        self._known[partition] = {record.job_id: record.fingerprint for record in rows.values()}
        for record in rows.values():
            await self._note_root(record)
            if not record.over:
                self._jobs.start(record)

    async def _take(self, consumer: AIOKafkaConsumer, at: TopicPartition, record: ConsumerRecord) -> None:
        async with self._turn:
            if at.partition in self._assigned - self._known.keys():
                await self._recover(at.partition)
            known = self._known.get(at.partition)
            if known is None:
                # It moved away after this was fetched; its next owner reads it again.
                return
            await self._handle(record, known)
            await _commit(consumer, at, record.offset + 1)

    async def _handle(self, record: ConsumerRecord, known: Known) -> None:
        try:
            request = events.decode(record.value or b"", ScanRequest)
            job_id = job_id_of(request, record.topic, record.partition, record.offset)
            if key_partition(job_id, self._status_partitions) != record.partition:
                await self._wiring.outbox.send([at_home(job_id, request, tuple(record.headers or ()))])
                return
            if is_repeat(job_id, request, known):
                return
        except SluiceError as error:
            await self._wiring.outbox.send([dead_letter(record, error), event(refused(record, error))])
            return
        job = self._traced(await self._accept(job_id, request, record), record)
        await self._note_root(job)
        await self._wiring.outbox.send([changelog.entry(job)])
        await self._wiring.outbox.tell(accepted(job))
        if self._known.get(record.partition) is known:
            known[job_id] = fingerprint(request)
            self._jobs.start(job)

    def _traced(self, job: JobRecord, record: ConsumerRecord) -> JobRecord:
        """The job with the span under which it is accepted, if it is traced."""
        parent, of = context_in(record.headers or ()), {"sluice.job_id": job.job_id}
        span = self._wiring.health.tracing.begin("scanner ingest", parent, of)
        if span is None:
            return job
        span.end()
        return structs.replace(job, trace=span.context)

    async def _accept(self, job_id: str, request: ScanRequest, record: ConsumerRecord) -> JobRecord:
        wiring, status_partition = self._wiring, key_partition(job_id, self._status_partitions)
        # A collection made, or selected, just before this request must be seen.
        await until_available(wiring.control.refresh, wiring.health)
        status_offset = await until_available(lambda: wiring.status.end(status_partition), wiring.health)
        origin = Origin(record.topic, record.partition, record.offset, status_partition, status_offset)
        job = accept(job_id, request, origin, wiring.control, await self._source(request))
        uploads = await asyncio.to_thread(wiring.settings.upload_dir.resolve)
        return structs.replace(
            below_upload(job, os.fsencode(uploads)), secret=secrets.token_hex(16), accepted_at=wiring.now()
        )

    async def _note_root(self, job: JobRecord) -> None:
        """Have every service know what the job lists, where no setting says what may be read."""
        wiring = self._wiring
        roots = readable(wiring.settings, wiring.control.listed_roots)
        if not job.root or isinstance(roots, Roots) or roots.holding(job.root) is not None:
            return
        folder = await asyncio.get_running_loop().run_in_executor(wiring.listers, _folder_of, job.root)
        await wiring.outbox.send([fact(ListedRoot(path=folder))])

    async def _source(self, request: ScanRequest) -> bytes | Refusal | JobRecord:
        if request.directory_path is not None:
            return await self._root(request.directory_path, request.sync)
        if request.source is not None:
            return b""
        wiring = self._wiring
        retried = await until_available(
            lambda: find_job(wiring.connection, str(request.retry_of)), wiring.health
        )
        return retried or Refusal(code=Code.NOTHING_TO_RETRY, error="there is no such job to retry")

    async def _root(self, directory_path: str, sync: bool) -> bytes | Refusal:
        loop, wiring = asyncio.get_running_loop(), self._wiring
        resolve = partial(resolve_source, directory_path, wiring.settings, sync=sync)
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                root = await loop.run_in_executor(wiring.listers, resolve)
        except SluiceError as error:
            return Refusal(code=error.code, error=error.detail)
        except TimeoutError:
            detail = f"{directory_path} did not answer in {RESOLVE_SECONDS:.0f} s"
            return Refusal(code=Code.DIRECTORY_NOT_FOUND, error=detail)
        return root


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        await self._intake.revoked({tp.partition for tp in revoked})

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        self._intake.assigned({tp.partition for tp in assigned})


async def _commit(consumer: AIOKafkaConsumer, at: TopicPartition, offset: int) -> None:
    try:
        await consumer.commit({at: offset})
    except (CommitFailedError, IllegalStateError):
        log.info("%s moved before offset %d was committed: its next owner sees it again", at, offset)
    except KafkaError as error:
        log.warning("offset %d of %s is not committed and is left to the next commit: %s", offset, at, error)


def _folder_of(root: bytes) -> bytes:
    """Of one file the folder: its neighbours are sent as files of their own."""
    if is_list(root):
        return root.rpartition(b"/")[0] or b"/"
    whole = is_remote(root) or os.path.isdir(root)  # noqa: PTH112 (bytes paths)
    return root if whole else os.path.dirname(root)  # noqa: PTH120 (bytes paths)


def _is_old(record: JobRecord) -> bool:
    """Whether nothing of the job is left on job-status either."""
    kept_s = (JOB_STATUS.retention_ms or 0) / 1000
    return record.over and time.time() - (record.finished_at or 0.0) > kept_s
