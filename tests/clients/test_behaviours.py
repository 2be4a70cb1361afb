"""What clients of other languages can count on: the table of docs/ingest-topic.md, a row a test."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx
import pytest

from libs.common.ids import file_id
from libs.common.kafka.topics.rights import Right, requester
from libs.common.store.edge import EdgeStore
from libs.common.topics import INGEST, JOB_STATUS, JOBS
from tests.clients.driver import Driver, by_password, driven
from tests.clients.installed import BUILD_SECONDS, HERE, go_program, java_command, node_packages
from tests.clients.table import CLIENTS, CODECS, WITHOUT_TRANSACTIONS
from tests.support.forbidding import ForbiddingBroker, forbidding_broker, grant
from tests.support.gateway import gateway_settings, running_gateway
from tests.support.kafka import records_of
from tests.support.scanning import COLLECTION, Bench, Reporter, bench, id_in, open_reporter, photos
from tests.support.waiting import LIMIT_S, until

pytestmark = [pytest.mark.clients, pytest.mark.slow, pytest.mark.timeout(int(BUILD_SECONDS + LIMIT_S))]

NAMESPACE = UUID("6f0d1c0e-5f0b-4c54-9f6e-0c1f5d1b7a52")
USER, GROUP = "requests", "requests"
TRACE = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}


@dataclass(frozen=True, slots=True)
class Running:
    """A scanner, a stage that stores whatever comes, and a gateway, on a broker with access lists."""

    broker: ForbiddingBroker
    world: Bench
    stage: Reporter
    gateway: httpx.AsyncClient
    ingest: str
    job_status: str
    jobs: str

    def request(self, folder: Path, **fields: Any) -> str:
        return json.dumps({"directory_path": str(folder), "collection": COLLECTION, **fields})

    async def shown(self, job: str) -> tuple[str, int]:
        """The job's state and stored files as the gateway shows them."""
        status = (await self.gateway.get(f"/api/v1/ingest/status/{job}")).raise_for_status().json()
        return status["state"], status["counts"]["stored"]


@pytest.fixture(scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    home, prefix = tmp_path_factory.mktemp("clients"), f"t{uuid4().hex[:10]}-"
    store = EdgeStore(home / "store")
    await store.open()
    await store.create(COLLECTION, 4, "Cosine")
    async with (
        forbidding_broker(home / "kafka", [USER], closed=True) as broker,
        bench(broker.plain, prefix, store) as world,
        world.scanner(home / "data"),
        world.stage(open_reporter()) as stage,
        running_gateway(
            gateway_settings(broker.plain.bootstrap_servers, prefix, home / "g0"), store
        ) as gateway,
    ):
        names = world.connection.names
        topics = (names.of(topic) for topic in (INGEST, JOB_STATUS, JOBS))
        yield Running(broker, world, stage, gateway, *topics)
    await store.close()


@pytest.fixture(scope="module", params=CLIENTS)
async def client(
    request: pytest.FixtureRequest, system: Running, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Driver]:
    home, drivers = tmp_path_factory.mktemp("driver"), HERE / "drivers"
    command: tuple[str, ...] = (sys.executable, str(drivers / "confluent.py"))
    environment = dict[str, str]()
    match request.param:
        case "FastStream":
            command = (sys.executable, str(drivers / "faststream_kafka.py"))
        case "kafkajs":
            command = ("node", str(drivers / "kafkajs.cjs"))
            environment = {"NODE_PATH": str(await node_packages())}
        case "franz-go":
            command = (await go_program((drivers / "driver.go").read_text(), home),)
        case "kafka-clients":
            command = await java_command(drivers / "Driver.java")
    brokers = system.broker.plain.bootstrap_servers
    async with driven(request.param, brokers, command, **environment) as running:
        yield running


async def test_a_request_becomes_a_job_that_is_followed_to_its_end(
    client: Driver, system: Running, tmp_path: Path
) -> None:
    folder, job = photos(tmp_path, 30), str(uuid4())
    await client.send(system.ingest, system.request(folder, job_id=job), job)
    events = await client.follow(system.job_status, job, "event", ["finished"])
    stored = {item["file_id"] for each in events for item in each.get("items", ())}
    assert (events[-1]["state"], events[-1]["stored"], len(stored)) == ("completed", 30, 30)


async def test_the_last_state_is_read_from_jobs(client: Driver, system: Running, tmp_path: Path) -> None:
    folder, job = photos(tmp_path, 3), str(uuid4())
    await client.send(system.ingest, system.request(folder, job_id=job), job)
    snapshots = await client.follow(system.jobs, job, "state", ["completed", "failed"])
    assert (snapshots[-1]["state"], snapshots[-1]["counts"]["stored"]) == ("completed", 3)


async def test_without_key_and_id_the_record_names_the_job(
    client: Driver, system: Running, tmp_path: Path
) -> None:
    at = await client.send(system.ingest, system.request(photos(tmp_path, 2)))
    job = str(uuid5(NAMESPACE, f"{system.ingest}/{at.partition}/{at.offset}"))
    events = await client.follow(system.job_status, job, "event", ["finished"])
    assert events[-1]["stored"] == 2


async def test_an_aborted_request_is_no_job_and_a_committed_one_is(
    client: Driver, system: Running, tmp_path: Path
) -> None:
    if client.name in WITHOUT_TRANSACTIONS:
        pytest.skip("it has no calls for transactions")
    folder, aborted, good = photos(tmp_path, 2), str(id_in(1)), str(id_in(1))
    for job, end in ((aborted, "abort"), (good, "commit")):
        await client.send(
            system.ingest, system.request(folder, job_id=job), job, partition=1, transaction=end
        )
    events = await client.follow(system.job_status, good, "event", ["finished"])
    assert events[-1]["stored"] == 2
    assert system.world.of(aborted) == []
    assert (await system.gateway.get(f"/api/v1/ingest/status/{aborted}")).status_code == 404


async def test_headers_of_a_bad_record_change_no_job(client: Driver, system: Running, tmp_path: Path) -> None:
    folder, job = photos(tmp_path, 3), str(uuid4())
    victim = file_id(COLLECTION, bytes(folder / "00000.jpg"))
    async with _held(system, 3):
        await client.send(system.ingest, system.request(folder, job_id=job), job)
        at = await client.send(system.ingest, "not json", job, headers={"job_id": job, "file_id": victim})
        refused = str(uuid5(NAMESPACE, f"{system.ingest}/{at.partition}/{at.offset}"))
        await client.follow(system.job_status, refused, "event", ["rejected"])
    events = await client.follow(system.job_status, job, "event", ["finished"])
    assert (events[-1]["total"], events[-1]["stored"], events[-1]["failed"]) == (3, 3, 0)


@asynccontextmanager
async def _held(system: Running, files: int) -> AsyncIterator[None]:
    """The stage holds the files that come, until the block ends; they are there by then."""
    before = len(system.stage.seen)
    system.stage.gate.clear()
    try:
        yield
        await until(lambda: len(system.stage.seen) >= before + files)
    finally:
        system.stage.gate.set()


async def test_the_sender_of_a_refused_request_reads_why(
    client: Driver, system: Running, tmp_path: Path
) -> None:
    job = str(uuid4())
    await client.send(system.ingest, system.request(tmp_path, job_id=job, force="yes"), job)
    (event,) = await client.follow(system.job_status, job, "event", ["rejected"])
    assert (event["code"], "force" in event["error"]) == ("undecodable_record", True)
    snapshots = await client.follow(system.jobs, job, "state", ["completed", "failed"])
    assert (snapshots[-1]["state"], snapshots[-1]["code"]) == ("failed", "undecodable_record")


async def test_null_is_the_default_of_a_field(client: Driver, system: Running, tmp_path: Path) -> None:
    folder, job = photos(tmp_path, 2), str(uuid4())
    nothing = dict.fromkeys(("version", "force", "caption", "recursive", "codes", "retry_of"))
    await client.send(system.ingest, system.request(folder, job_id=job, **nothing), job)
    events = await client.follow(system.job_status, job, "event", ["finished"])
    assert events[-1]["stored"] == 2


async def test_requests_are_read_in_each_codec_that_the_client_has(
    client: Driver, system: Running, tmp_path: Path
) -> None:
    folder = photos(tmp_path, 1)
    for codec in CODECS[client.name]:
        job = str(uuid4())
        # Long enough that every client compresses it.
        body = system.request(folder, job_id=job, metadata={"note": "a" * 2000})
        await client.send(system.ingest, body, job, codec=codec)
        events = await client.follow(system.job_status, job, "event", ["finished"])
        assert (codec, events[-1]["stored"]) == (codec, 1)


async def test_trace_headers_go_along_to_another_partition(
    client: Driver, system: Running, tmp_path: Path
) -> None:
    job = str(id_in(1))
    body = system.request(photos(tmp_path, 1), job_id=job)
    await client.send(system.ingest, body, job, partition=2, headers=TRACE)
    await client.follow(system.job_status, job, "event", ["finished"])
    found = await records_of(system.world.connection, INGEST)
    (moved,) = [each for each in found if each.partition == 1 and job.encode() in (each.value or b"")]
    assert ("traceparent", TRACE["traceparent"].encode()) in moved.headers


async def test_the_documented_rights_are_all_that_it_needs(
    client: Driver, system: Running, tmp_path: Path
) -> None:
    await grant(system.world.connection, USER, [*requester(USER), Right(USER, "group", GROUP, ("Read",))])
    folder, job = photos(tmp_path, 2), str(uuid4())
    to = by_password(system.broker.secured, USER)
    await client.send(system.ingest, system.request(folder, job_id=job), job, to=to)
    events = await client.follow(system.job_status, job, "event", ["finished"], group=_group(system), to=to)
    assert events[-1]["stored"] == 2


def _group(system: Running) -> str:
    return Right(USER, "group", GROUP, ("Read",)).named(system.world.connection.names)
