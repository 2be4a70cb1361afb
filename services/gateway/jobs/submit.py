"""Taking a request to ingest: checked here as far as the gateway can see, then published."""

from dataclasses import dataclass, field
from uuid import UUID

from libs.common.errors import Code, SluiceError
from libs.common.events import Prune, ScanRequest
from libs.common.labels import Value
from libs.common.runtime.detached import DetachedCalls
from libs.common.settings import FilesSettings
from libs.common.sources.resolving import resolve_source
from services.gateway.collections.collections import Collections
from services.gateway.jobs.reader import JobReader
from services.gateway.jobs.records import Submission, scan_request
from services.gateway.jobs.requests import Requests


@dataclass(frozen=True, slots=True)
class SubmitOptions:
    """What a client asked for, unchecked. `collection` None means the active one."""

    directory_path: str
    collection: str | None
    force: bool
    caption: bool
    idempotency_key: str | None
    labels: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Value] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    sync: bool = False
    prune: Prune = "auto"
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobSubmitter:
    """Starts jobs over what the gateway can see on disk."""

    jobs: JobReader
    collections: Collections
    requests: Requests
    files: FilesSettings
    detached: DetachedCalls

    async def submit(self, options: SubmitOptions) -> ScanRequest:
        """The published request.

        Raises SluiceError directory_not_found, outside_roots, source_denied, source_gone, read_failed where
        its disk or store does not answer, no_collection_selected, collection_not_found, or duplicate_job_id
        where an Idempotency-Key was used before for something else.
        """
        collection = options.collection or await self.collections.active()
        source = await self.detached.run(
            lambda: resolve_source(options.directory_path, self.files), options.directory_path
        )
        await self.collections.adopted(collection)
        submission = Submission(
            source,
            collection,
            options.force,
            options.caption,
            options.idempotency_key,
            options.labels,
            options.metadata,
            options.exclude,
            options.sync,
            options.prune,
            options.paths,
        )
        request = scan_request(submission, options.directory_path)
        if options.idempotency_key is None or not await self._is_known(request):
            await self.requests.publish(request)
        return request

    async def _is_known(self, request: ScanRequest) -> bool:
        """Whether the same request was taken before."""
        job = await self.jobs.find(UUID(str(request.job_id)))
        if job is None:
            return False
        if (job.directory_path, job.collection) != (request.directory_path, request.collection):
            raise SluiceError(
                Code.DUPLICATE_JOB_ID, f"this Idempotency-Key was used for {job.directory_path} before"
            )
        return True
