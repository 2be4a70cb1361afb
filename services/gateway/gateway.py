"""Opens the gateway's capabilities over what they share: the only place that wires them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, fields
from functools import partial
from typing import TypeVar

from libs.common.kafka.connection import Connection
from libs.common.kafka.publisher import Publisher
from libs.common.metrics.instruments import Instruments
from libs.common.store.protocol import Store
from services.gateway.archive.archives import Archives
from services.gateway.callbacks.deliveries import Deliveries, Tries
from services.gateway.collections.collections import Collections
from services.gateway.duplicates.decisions import Decisions
from services.gateway.duplicates.duplicates import Duplicates
from services.gateway.duplicates.job_copies import JobCopies
from services.gateway.duplicates.known import KnownContents
from services.gateway.folders.folders import Folders
from services.gateway.images.images import Images
from services.gateway.jobs.cleaning import Cleaning
from services.gateway.jobs.commands import JobCommands
from services.gateway.jobs.following.snapshots import OwnedPartitions, Snapshots
from services.gateway.jobs.following.watch import JobWatch
from services.gateway.jobs.gone import GoneFiles
from services.gateway.jobs.reader import JobReader
from services.gateway.jobs.removals import Removals
from services.gateway.jobs.status_reader import StatusReader
from services.gateway.jobs.submit import JobSubmitter
from services.gateway.libraries.libraries import Libraries
from services.gateway.maps.maps import Maps
from services.gateway.models.changes import ModelChanges
from services.gateway.parts import Parts, shared
from services.gateway.search.gallery import Gallery
from services.gateway.search.search import Search
from services.gateway.settings import GatewaySettings
from services.gateway.system.flows import Flows
from services.gateway.system.lag import flow
from services.gateway.system.presence import Presence
from services.gateway.system.system import System
from services.gateway.tasks.tasks import Tasks
from services.gateway.uploads.limits import UploadLimits
from services.gateway.uploads.uploads import Uploads

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Gateway:
    """The open gateway: what keeps it going, and its capabilities, each for the routers that use it."""

    connection: Connection
    publisher: Publisher
    snapshots: Snapshots
    deliveries: Deliveries
    jobs: JobReader
    watch: JobWatch
    cleaning: Cleaning
    submitter: JobSubmitter
    commands: JobCommands
    removals: Removals
    gone: GoneFiles
    statuses: StatusReader
    uploads: Uploads
    folders: Folders
    tasks: Tasks
    collections: Collections
    models: ModelChanges
    libraries: Libraries
    duplicates: Duplicates
    job_copies: JobCopies
    decisions: Decisions
    archives: Archives
    images: Images
    search: Search
    gallery: Gallery
    maps: Maps
    system: System
    flows: Flows

    def capability(self, kind: type[T]) -> T:
        """The one capability of this type; LookupError if there is none."""
        found = [each for field in fields(self) if isinstance(each := getattr(self, field.name), kind)]
        if len(found) != 1:
            raise LookupError(f"the gateway has {len(found)} capabilities of type {kind.__name__}")
        return found[0]


@asynccontextmanager
async def opened(
    settings: GatewaySettings, store: Store | None = None, instruments: Instruments | None = None
) -> AsyncIterator[Gateway]:
    """The gateway with its view caught up; the topics must be there. A `store` given stays its giver's."""
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(shared(settings, store, instruments or Instruments()))
        yield await _wired(parts, stack)


async def _wired(parts: Parts, stack: AsyncExitStack) -> Gateway:
    """The capabilities over what they share; `stack` closes what they have open of their own."""
    settings, store, control, policy = parts.settings, parts.store, parts.control, parts.policy
    connection, publisher, requests = parts.connection, parts.publisher, parts.requests
    sources, detached, now = parts.sources, parts.detached, parts.publisher.clock.now
    jobs = JobReader(parts.view, parts.ingest, parts.status, settings.job_keep_days * 86_400)
    tasks = Tasks(parts.view, parts.status, control, publisher)
    collections = Collections(store, control, publisher, tasks, writers=jobs, shape=settings)
    decisions, gallery = Decisions(parts.decisions, publisher), Gallery(store)
    copies, known = JobCopies(jobs, store, policy), KnownContents(store, sources, policy, detached)
    presence, flows = Presence(parts.services, now), Flows(partial(flow, connection))
    maps, check_url = Maps(store, control, publisher, collections), parts.allowed.check
    stack.push_async_callback(maps.close)
    snapshots, deliveries = _followers(parts)
    return Gateway(
        connection=connection,
        publisher=publisher,
        snapshots=snapshots,
        deliveries=deliveries,
        jobs=jobs,
        watch=await stack.enter_async_context(JobWatch.open(jobs)),
        cleaning=Cleaning(jobs, publisher, control),
        submitter=JobSubmitter(jobs, collections, requests, settings, detached, check_url),
        commands=JobCommands(jobs, collections, requests, control, publisher),
        removals=Removals(jobs, store, control, connection),
        gone=GoneFiles(jobs, store),
        statuses=StatusReader(jobs, store, copies.among, presence.waiting_reason, flows.slowest, now),
        flows=flows,
        uploads=Uploads(
            settings.upload_dir, _upload_limits(settings), collections, requests, known.among, check_url
        ),
        folders=Folders(settings, detached, policy.passed_over),
        tasks=tasks,
        collections=collections,
        models=ModelChanges(
            parts.server, control, publisher, collections, jobs, requests, parts.vectors.client
        ),
        libraries=Libraries(parts.libraries, control, publisher, collections, requests, settings, detached),
        job_copies=copies,
        decisions=decisions,
        duplicates=Duplicates(store, collections, tasks, decisions, detached, policy, settings.pass_over),
        archives=await stack.enter_async_context(Archives.open(settings, collections, parts.roots, policy)),
        images=Images(store, control, collections, sources, parts.decoding, detached),
        search=Search(store, control, collections, parts.vectors, parts.decoding, gallery),
        gallery=gallery,
        maps=maps,
        system=System(connection, control, store, presence, jobs, collections, flows, settings.metric_labels),
    )


def _followers(parts: Parts) -> tuple[Snapshots, Deliveries]:
    """What follows job-status for the partitions that this gateway has."""
    owned, settings = OwnedPartitions(), parts.settings
    tries = Tries(settings.callback_tries, settings.callback_pause_seconds)
    return (
        Snapshots(parts.connection, parts.publisher, parts.view, parts.status, owned),
        Deliveries(
            parts.view, parts.status, parts.publisher, owned, parts.sending, tries, parts.publisher.clock.now
        ),
    )


def _upload_limits(settings: GatewaySettings) -> UploadLimits:
    return UploadLimits(
        settings.upload_files, settings.upload_folders, settings.upload_keep_free_mb * 1_000_000
    )
