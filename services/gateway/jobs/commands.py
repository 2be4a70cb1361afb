"""Pausing, resuming, cancelling and retrying jobs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid4

from libs.common.control import JobCommand
from libs.common.errors import Code, SluiceError
from libs.common.events import REQUEST_VERSION, JobState, ScanRequest
from libs.common.ids import job_id_for_key
from libs.common.kafka.outgoing import fact
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from services.gateway.api.deadlines import deadline, refreshed
from services.gateway.collections.collections import Collections
from services.gateway.jobs.gone import has_waiting
from services.gateway.jobs.reader import JobReader
from services.gateway.jobs.requests import Requests
from services.gateway.view.fold import Job

Action = Literal["pause", "resume", "cancel"]

STATE_AFTER: Mapping[Action, JobState] = {"pause": "paused", "resume": "running", "cancel": "cancelling"}


@dataclass(frozen=True, slots=True)
class JobCommands:
    """Commands to jobs, whatever replica took them. Every call may raise broker_unavailable."""

    jobs: JobReader
    collections: Collections
    requests: Requests
    control: ControlTable
    publisher: Publisher

    async def send(self, job_id: UUID, action: Action) -> JobState:
        """Tell the job's scanner; the state that the job goes to, or has reached.

        Raises SluiceError job_not_found, or job_over, also where the job is already being cancelled and
        should do anything else.
        """
        job = await self.jobs.get(job_id)
        await refreshed(self.control)
        before = self.control.command(job.job_id)
        if job.is_over:
            raise SluiceError(Code.JOB_OVER, f"job {job_id} is {job.state} already")
        if before and before.action == "cancel" and action != "cancel":
            raise SluiceError(Code.JOB_OVER, f"job {job_id} is being cancelled")
        async with deadline("writing it down"):
            await self.publisher.publish([fact(JobCommand(job_id=job.job_id, action=action))])
        return STATE_AFTER[action]

    async def retry(self, job_id: UUID, codes: Sequence[Code] | None, key: str | None) -> ScanRequest:
        """The published request for a new job of the failed files, those with one of `codes` if given.

        Raises SluiceError job_not_found, job_running, job_gone, outcomes_gone or nothing_to_retry.
        """
        job = await self.jobs.get(job_id)
        new_id = UUID(job_id_for_key(key)) if key else uuid4()
        request = ScanRequest(
            job_id=new_id,
            retry_of=job_id,
            retry_from=await self.jobs.first_offset(job_id),
            codes=tuple(codes) if codes else None,
            collection=job.collection,
        )
        if key and await self._is_known(request):
            return request
        _check(job, codes)
        if job.collection:
            await self.collections.adopted(job.collection)
        await self.requests.publish(request)
        return request

    async def prune(self, job_id: UUID, key: str | None) -> ScanRequest:
        """The published request for a new sync that removes what waits after this job.

        Raises SluiceError job_not_found, job_running, or nothing_to_prune.
        """
        job = await self.jobs.get(job_id)
        if not job.is_over:
            raise SluiceError(Code.JOB_RUNNING, f"job {job_id} still runs: cancel it or let it end first")
        if job.sync is None or not has_waiting(job.sync) or not job.collection:
            raise SluiceError(Code.NOTHING_TO_PRUNE, f"no points wait to be removed after job {job_id}")
        await self.collections.adopted(job.collection)
        request = ScanRequest(
            version=REQUEST_VERSION,
            job_id=UUID(job_id_for_key(key)) if key else uuid4(),
            directory_path=job.directory_path,
            collection=job.collection,
            exclude=job.exclude,
            paths=job.sync.paths,
            sync=True,
            prune="now",
        )
        await self.requests.publish(request)
        return request

    async def _is_known(self, request: ScanRequest) -> bool:
        """Whether the key named this retry before."""
        known = await self.jobs.find(UUID(str(request.job_id)))
        if known is not None and known.retry_of != str(request.retry_of):
            raise SluiceError(
                Code.DUPLICATE_JOB_ID, "this Idempotency-Key was used for something else before"
            )
        return known is not None


def _check(job: Job, codes: Sequence[Code] | None) -> None:
    if not job.is_over:
        raise SluiceError(Code.JOB_RUNNING, f"job {job.job_id} still runs: cancel it or let it end first")
    if not job.kept:
        raise SluiceError(Code.OUTCOMES_GONE, "the job is so old that only its counts are kept")
    counts: Mapping[str, int] = job.error_counts
    if codes and Code.UNSUPPORTED_TYPE in codes:
        # A setting may have made them pictures since: they are taken where they are asked for.
        counts = Counter(counts) + Counter(job.skipped_counts)
    cut_short = job.state == "cancelled" and job.skipped and (codes is None or Code.CANCELLED in codes)
    if not cut_short and not sum(counts.get(code, 0) for code in (codes or counts)):
        requested = f" with {', '.join(codes)}" if codes else ""
        raise SluiceError(Code.NOTHING_TO_RETRY, f"no file of job {job.job_id} failed{requested}")
