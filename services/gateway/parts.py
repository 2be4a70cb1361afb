"""What the gateway's capabilities share, opened and closed together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from libs.common.duplicates.policy import Policy
from libs.common.duplicates.protected import Protected, ProtectedSoFar
from libs.common.events import Decision, Heartbeat, Library, decode
from libs.common.imaging.limits import Limits
from libs.common.kafka.connection import Connection
from libs.common.kafka.membership import member
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.kafka.tables.table import Table
from libs.common.kafka.tables.tail import Tail
from libs.common.metrics.instruments import Instruments
from libs.common.runtime.detached import DetachedCalls
from libs.common.runtime.lock import owned
from libs.common.sources.remote import Remote
from libs.common.sources.roots import Readable, readable
from libs.common.sources.sources import Sources
from libs.common.stages import GATEWAY
from libs.common.store.measured import measured
from libs.common.store.named import NamedStore
from libs.common.store.open import open_server_store
from libs.common.store.protocol import Store
from libs.common.topics import DECISIONS, INGEST, JOB_STATUS, LIBRARIES, SERVICES
from services.gateway.callbacks.allowed import Allowed
from services.gateway.callbacks.sending import Sending
from services.gateway.images.decoding import Decoding
from services.gateway.jobs.following.snapshots import restore_finished
from services.gateway.jobs.requests import Requests
from services.gateway.search.query_vectors import QueryVectors
from services.gateway.settings import STAGE, GatewaySettings
from services.gateway.uploads.folder import sweep
from services.gateway.view import queries
from services.gateway.view.follower import Follower, happened, requested
from services.gateway.view.schema import delete_view
from services.gateway.view.view import View
from sluice.files.passed_over import PassedOver


@dataclass(frozen=True, slots=True)
class Parts:
    """Open connections, tables and processes, each used by several capabilities."""

    settings: GatewaySettings
    server: Store
    """The store as it is; `store` names collections as people do, and is measured."""
    store: NamedStore
    connection: Connection
    publisher: Publisher
    control: ControlTable
    view: View
    ingest: Follower
    status: Follower
    requests: Requests
    libraries: Table[Library]
    decisions: Table[Decision]
    services: Table[Heartbeat]
    vectors: QueryVectors
    decoding: Decoding
    detached: DetachedCalls
    allowed: Allowed
    sending: Sending
    roots: Readable
    sources: Sources
    policy: Policy


@asynccontextmanager
async def shared(
    settings: GatewaySettings, store: Store | None, counted: Instruments
) -> AsyncIterator[Parts]:
    """Everything open and the view caught up. A `store` given stays its giver's."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        await enter(owned(settings.data_dir / STAGE))
        await asyncio.to_thread(sweep, settings.upload_dir)
        server = store or open_server_store(settings)
        if store is None:
            stack.push_async_callback(server.close)
        joined = await enter(member(settings, GATEWAY, counted))
        connection = joined.connection
        view = await enter(_view(settings.data_dir / "view.sqlite", connection))
        ingest = await enter(Follower.open(connection, INGEST, view, requested))
        status = await enter(Follower.open(connection, JOB_STATUS, view, happened))
        await ingest.catch_up(timeout_s=None)
        await restore_finished(connection, view, status)
        libraries = await enter(Table.open(connection, LIBRARIES, _library))
        roots, allowed = readable(settings, joined.control.listed_roots), Allowed.of(settings.callback_hosts)
        yield Parts(
            settings=settings,
            server=server,
            store=NamedStore(measured(server, counted), joined.control),
            connection=connection,
            publisher=joined.publisher,
            control=joined.control,
            view=view,
            ingest=ingest,
            status=status,
            requests=await enter(Requests.open(connection)),
            libraries=libraries,
            decisions=await enter(Table.open(connection, DECISIONS, _decision)),
            services=await enter(Table.open(connection, SERVICES, _heartbeat)),
            vectors=await enter(QueryVectors.open(settings)),
            decoding=await enter(Decoding.open(Limits(gif=settings.accept_gif))),
            detached=DetachedCalls(),
            allowed=allowed,
            sending=await enter(
                Sending.open(allowed, settings.callback_keys, private=settings.callback_private)
            ),
            roots=roots,
            sources=Sources(roots, Remote.of(settings)),
            policy=_policy(settings, libraries),
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


def _decision(body: bytes) -> Decision:
    return decode(body, Decision)


def _library(body: bytes) -> Library:
    return decode(body, Library)


def _heartbeat(body: bytes) -> Heartbeat:
    return decode(body, Heartbeat)
