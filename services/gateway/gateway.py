"""Everything that the endpoints use, opened and closed together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from libs.common.events import Heartbeat, decode
from libs.common.imaging.limits import Limits
from libs.common.kafka.connection import Connection
from libs.common.kafka.membership import member
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.kafka.tables.table import Table
from libs.common.kafka.tables.tail import Tail
from libs.common.runtime.lock import owned
from libs.common.sources.roots import Roots
from libs.common.sources.sources import Sources
from libs.common.store.open import open_server_store
from libs.common.store.protocol import Store
from libs.common.topics import INGEST, JOB_STATUS, JOBS, SERVICES
from services.gateway.api.detached import DetachedCalls
from services.gateway.archive.archives import Archives
from services.gateway.collections.collections import Collections
from services.gateway.images.decoding import Decoding
from services.gateway.images.images import Images
from services.gateway.jobs.jobs import Jobs
from services.gateway.jobs.requests import Requests
from services.gateway.jobs.snapshots import Snapshots, restore_finished
from services.gateway.search.lexical_cache import LexicalCache
from services.gateway.search.query_vectors import QueryVectors
from services.gateway.search.search import Search
from services.gateway.settings import GatewaySettings
from services.gateway.tasks.tasks import Tasks
from services.gateway.uploads.folder import sweep
from services.gateway.view import queries
from services.gateway.view.follower import Follower, happened, requested
from services.gateway.view.schema import delete_view
from services.gateway.view.view import View

STAGE = "gateway"


@dataclass(frozen=True, slots=True)
class Gateway:
    """The open gateway."""

    settings: GatewaySettings
    connection: Connection
    store: Store
    control: ControlTable
    services: Table[Heartbeat]
    requests: Requests
    jobs: Jobs
    tasks: Tasks
    collections: Collections
    archives: Archives
    images: Images
    search: Search
    snapshots: Snapshots
    publisher: Publisher
    detached: DetachedCalls

    def now(self) -> float:
        """Seconds since the epoch, by the brokers' clock: that of all events and heartbeats."""
        return self.publisher.clock.now()


@asynccontextmanager
async def opened(settings: GatewaySettings, store: Store | None = None) -> AsyncIterator[Gateway]:
    """The gateway with its view caught up; the topics must be there. A `store` given stays its giver's."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        await enter(owned(settings.data_dir / STAGE))
        await asyncio.to_thread(sweep, settings.upload_dir)
        used = store or open_server_store(settings)
        if store is None:
            stack.push_async_callback(used.close)
        joined = await enter(member(settings, STAGE, JOBS))
        connection, control = joined.connection, joined.control
        view = await enter(_view(settings.data_dir / "view.sqlite", connection))
        ingest = await enter(Follower.open(connection, INGEST, view, requested))
        status = await enter(Follower.open(connection, JOB_STATUS, view, happened))
        await ingest.catch_up(timeout_s=None)
        await restore_finished(connection, view, status)
        jobs = Jobs(view, ingest, status, settings.job_keep_days * 86_400)
        tasks = Tasks(view, status, control, joined.publisher)
        collections = Collections(used, control, joined.publisher, jobs, tasks)
        decoding = await enter(Decoding.open(Limits(gif=settings.accept_gif)))
        held = await enter(LexicalCache.open(used, control))
        sources = Sources(Roots.of(settings))
        vectors, detached = await enter(QueryVectors.open(settings)), DetachedCalls()
        yield Gateway(
            settings=settings,
            connection=connection,
            store=used,
            control=control,
            services=await enter(Table.open(connection, SERVICES, _heartbeat)),
            requests=await enter(Requests.open(connection)),
            jobs=jobs,
            tasks=tasks,
            collections=collections,
            archives=await enter(Archives.open(settings, collections, sources)),
            images=Images(used, control, sources, decoding, detached),
            search=Search(used, control, collections, vectors, decoding, held),
            snapshots=Snapshots(connection, joined.publisher, view, status),
            publisher=joined.publisher,
            detached=detached,
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


def _heartbeat(body: bytes) -> Heartbeat:
    return decode(body, Heartbeat)
