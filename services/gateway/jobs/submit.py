"""Taking a request to ingest: checked here as far as the gateway can see, then published."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from libs.common.errors import Code, SluiceError
from libs.common.events import REQUEST_VERSION, FileRequest, PointsSource, Prune, ScanRequest, Want
from libs.common.filters.parsing import parse
from libs.common.ids import job_id_for_key
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
    callback_url: str | None = None
    files: tuple[FileRequest, ...] = ()


@dataclass(frozen=True, slots=True)
class PointsOptions:
    """What a client asked for of points, unchecked. `collection` None means the one that has them."""

    source: PointsSource
    want: tuple[Want, ...]
    collection: str | None
    force: bool
    caption: bool
    idempotency_key: str | None
    labels: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Value] = field(default_factory=dict)
    callback_url: str | None = None


@dataclass(frozen=True, slots=True)
class JobSubmitter:
    """Starts jobs over what the gateway can see on disk."""

    jobs: JobReader
    collections: Collections
    requests: Requests
    files: FilesSettings
    detached: DetachedCalls
    check_callback: Callable[[str | None], None]
    """SluiceError invalid_request for a callback_url that is not called."""

    async def submit(self, options: SubmitOptions) -> ScanRequest:
        """The published request.

        Raises SluiceError directory_not_found, outside_roots, source_denied, source_gone, read_failed where
        its disk or store does not answer, no_collection_selected, collection_not_found, or duplicate_job_id
        where an Idempotency-Key was used before for something else, invalid_request for a callback_url that
        is not called; ConflictError as Collections.fitting.
        """
        self.check_callback(options.callback_url)
        collection = options.collection or await self.collections.active()
        source = await self.detached.run(
            lambda: resolve_source(options.directory_path, self.files, sync=options.sync),
            options.directory_path,
        )
        await self.collections.fitting(collection)
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
            options.callback_url,
            options.files,
        )
        request = scan_request(submission, options.directory_path)
        if options.idempotency_key is None or not await self._is_known(request):
            await self.requests.publish(request)
        return request

    async def submit_points(self, options: PointsOptions) -> ScanRequest:
        """The published request for a job over points.

        Raises SluiceError collection_not_found, invalid_request for filters that are none, or where captions
        or texts would go to points of another collection than they are of, and duplicate_job_id as above.
        """
        self.check_callback(options.callback_url)
        source, collection = options.source, options.collection or options.source.collection
        if "embedding" not in options.want and collection != source.collection:
            raise SluiceError(
                Code.INVALID_REQUEST, f"what is added goes to the points themselves, in {source.collection}"
            )
        parse(source.filters)
        await self.collections.adopted(source.collection)
        if "embedding" in options.want:
            await self.collections.fitting(collection)
        request = points_request(options, collection)
        if options.idempotency_key is None or not await self._is_known(request):
            await self.requests.publish(request)
        return request

    async def _is_known(self, request: ScanRequest) -> bool:
        """Whether the same request was taken before."""
        job = await self.jobs.find(UUID(str(request.job_id)))
        if job is None:
            return False
        before = (job.directory_path, job.source, job.want, job.collection)
        if before != (request.directory_path, request.source, request.want, request.collection):
            what = job.directory_path or "something else"
            raise SluiceError(Code.DUPLICATE_JOB_ID, f"this Idempotency-Key was used for {what} before")
        return True


def points_request(options: PointsOptions, collection: str) -> ScanRequest:
    """The request for `ingest`, stamped with its job and its collection."""
    key = options.idempotency_key
    return ScanRequest(
        version=REQUEST_VERSION,
        job_id=UUID(job_id_for_key(key)) if key else uuid4(),
        source=options.source,
        want=options.want,
        collection=collection,
        force=options.force,
        caption=options.caption,
        labels=options.labels,
        metadata=options.metadata,
        callback_url=options.callback_url,
    )
