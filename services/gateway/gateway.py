"""Opens and closes the gateway's capabilities together: the only place that wires them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import TypeVar

from libs.common.duplicates.policy import Policy
from libs.common.duplicates.protected import Protected, ProtectedSoFar
from libs.common.events import Decision, Heartbeat, Library, decode
from libs.common.imaging.limits import Limits
from libs.common.kafka.connection import Connection
from libs.common.kafka.membership import member
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.table import Table
from libs.common.kafka.tables.tail import Tail
from libs.common.metrics.instruments import Instruments
from libs.common.runtime.detached import DetachedCalls
from libs.common.runtime.lock import owned
from libs.common.sources.remote import Remote
from libs.common.sources.roots import readable
from libs.common.sources.sources import Sources
from libs.common.stages import GATEWAY
from libs.common.store.measured import measured
from libs.common.store.named import NamedStore
from libs.common.store.open import open_server_store
from libs.common.store.protocol import Store
from libs.common.topics import DECISIONS, INGEST, JOB_STATUS, LIBRARIES, SERVICES
from services.gateway.archive.archives import Archives
from services.gateway.callbacks.allowed import Allowed
from services.gateway.callbacks.deliveries import Deliveries, Tries
from services.gateway.callbacks.sending import Sending
from services.gateway.collections.collections import Collections
from services.gateway.duplicates.decisions import Decisions
from services.gateway.duplicates.duplicates import Duplicates
from services.gateway.duplicates.job_copies import JobCopies
from services.gateway.duplicates.known import KnownContents
from services.gateway.folders.folders import Folders
from services.gateway.images.decoding import Decoding
from services.gateway.images.images import Images
from services.gateway.jobs.cleaning import Cleaning
from services.gateway.jobs.commands import JobCommands
from services.gateway.jobs.following.snapshots import OwnedPartitions, Snapshots, restore_finished
from services.gateway.jobs.following.watch import JobWatch
from services.gateway.jobs.gone import GoneFiles
from services.gateway.jobs.reader import JobReader
from services.gateway.jobs.removals import Removals
from services.gateway.jobs.requests import Requests
from services.gateway.jobs.status_reader import StatusReader
from services.gateway.jobs.submit import JobSubmitter
from services.gateway.libraries.libraries import Libraries
from services.gateway.maps.maps import Maps
from services.gateway.models.changes import ModelChanges
from services.gateway.search.gallery import Gallery
from services.gateway.search.query_vectors import QueryVectors
from services.gateway.search.search import Search
from services.gateway.settings import STAGE, GatewaySettings
from services.gateway.system.flows import Flows
from services.gateway.system.lag import flow
from services.gateway.system.presence import Presence
from services.gateway.system.system import System
from services.gateway.tasks.tasks import Tasks
from services.gateway.uploads.folder import sweep
from services.gateway.uploads.limits import UploadLimits
from services.gateway.uploads.uploads import Uploads
from services.gateway.view import queries
from services.gateway.view.follower import Follower, happened, requested
from services.gateway.view.schema import delete_view
from services.gateway.view.view import View
from sluice.files.passed_over import PassedOver

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
    counted = instruments or Instruments()
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        await enter(owned(settings.data_dir / STAGE))
        await asyncio.to_thread(sweep, settings.upload_dir)
        under = store or open_server_store(settings)
        if store is None:
            stack.push_async_callback(under.close)
        held = measured(under, counted)
        joined = await enter(member(settings, GATEWAY, counted))
        connection, control = joined.connection, joined.control
        used = NamedStore(held, control)
        view = await enter(_view(settings.data_dir / "view.sqlite", connection))
        ingest = await enter(Follower.open(connection, INGEST, view, requested))
        status = await enter(Follower.open(connection, JOB_STATUS, view, happened))
        await ingest.catch_up(timeout_s=None)
        await restore_finished(connection, view, status)
        jobs = JobReader(view, ingest, status, settings.job_keep_days * 86_400)
        tasks = Tasks(view, status, control, joined.publisher)
        collections = Collections(used, control, joined.publisher, tasks, writers=jobs, shape=settings)
        decoding = await enter(Decoding.open(Limits(gif=settings.accept_gif)))
        gallery = Gallery(used)
        roots = readable(settings, control.listed_roots)
        sources = Sources(roots, Remote.of(settings))
        vectors, detached = await enter(QueryVectors.open(settings)), DetachedCalls()
        requests = await enter(Requests.open(connection))
        maps = Maps(used, control, joined.publisher, collections)
        stack.push_async_callback(maps.close)
        now = joined.publisher.clock.now
        followed = await enter(Table.open(connection, LIBRARIES, _library))
        policy = _policy(settings, followed)
        decided = await enter(Table.open(connection, DECISIONS, _decision))
        decisions = Decisions(decided, joined.publisher)
        copies = JobCopies(jobs, used, policy)
        known = KnownContents(used, sources, policy, detached)
        flows = Flows(partial(flow, connection))
        presence = Presence(await enter(Table.open(connection, SERVICES, _heartbeat)), now)
        owned_partitions, allowed = OwnedPartitions(), Allowed.of(settings.callback_hosts)
        sending = await enter(
            Sending.open(allowed, settings.callback_keys, private=settings.callback_private)
        )
        yield Gateway(
            connection=connection,
            publisher=joined.publisher,
            snapshots=Snapshots(connection, joined.publisher, view, status, owned_partitions),
            deliveries=Deliveries(
                view,
                status,
                joined.publisher,
                owned_partitions,
                sending,
                Tries(settings.callback_tries, settings.callback_pause_seconds),
                now,
            ),
            jobs=jobs,
            watch=await enter(JobWatch.open(jobs)),
            cleaning=Cleaning(jobs, joined.publisher),
            submitter=JobSubmitter(jobs, collections, requests, settings, detached, allowed.check),
            commands=JobCommands(jobs, collections, requests, control, joined.publisher),
            removals=Removals(jobs, used, control, connection),
            gone=GoneFiles(jobs, used, sources),
            statuses=StatusReader(jobs, used, copies.among, presence.waiting_reason, flows.slowest, now),
            flows=flows,
            uploads=Uploads(
                settings.upload_dir,
                _upload_limits(settings),
                collections,
                requests,
                known.among,
                allowed.check,
            ),
            folders=Folders(settings, detached, policy.passed_over),
            tasks=tasks,
            collections=collections,
            models=ModelChanges(
                under, control, joined.publisher, collections, jobs, requests, vectors.client
            ),
            libraries=Libraries(
                followed, control, joined.publisher, collections, requests, settings, detached
            ),
            job_copies=copies,
            decisions=decisions,
            duplicates=Duplicates(used, collections, tasks, decisions, detached, policy, settings.pass_over),
            archives=await enter(Archives.open(settings, collections, roots, policy)),
            images=Images(used, control, collections, sources, decoding, detached),
            search=Search(used, control, collections, vectors, decoding, gallery),
            gallery=gallery,
            maps=maps,
            system=System(
                connection, control, used, presence, jobs, collections, flows, settings.metric_labels
            ),
        )


@asynccontextmanager
async def _view(path: Path, connection: Connection) -> AsyncIterator[View]:
    """The view of this cluster's topics; started again where it is of topics that were since recreated."""
    async with connection.admin() as admin:
        cluster = (await admin.describe_cluster())["cluster_id"]
    source = f"{cluster}/{connection.names.prefix}"
    async with View.open(path, source) as view:
        if await _is_of(view, connection):
            yield view
            return
    delete_view(path)
    async with View.open(path, source) as view:
        yield view


async def _is_of(view: View, connection: Connection) -> bool:
    """Whether the offsets that the view stands at exist."""
    for topic in (INGEST, JOB_STATUS):
        known = await view.ask(queries.offsets, topic.name)
        async with Tail.open(connection, topic) as tail:
            ends = await tail.end_offsets(await tail.partitions())
        if any(offset > ends.get(partition, 0) for partition, offset in known.items()):
            return False
    return True


def _policy(settings: GatewaySettings, libraries: Table[Library]) -> Policy:
    def added() -> list[str]:
        return [folder for library in libraries.rows.values() for folder in library.protect]

    protected = ProtectedSoFar(Protected.of(map(str, settings.protected_folders)), added)
    return Policy(protected, PassedOver.of(settings.pass_over))


def _upload_limits(settings: GatewaySettings) -> UploadLimits:
    return UploadLimits(
        settings.upload_files, settings.upload_folders, settings.upload_keep_free_mb * 1_000_000
    )


def _decision(body: bytes) -> Decision:
    return decode(body, Decision)


def _library(body: bytes) -> Library:
    return decode(body, Library)


def _heartbeat(body: bytes) -> Heartbeat:
    return decode(body, Heartbeat)
