"""The topic `ingest` as an interface: what docs/ingest-topic.md promises, on a real broker."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from libs.common import events
from libs.common.control import ActiveCollection
from libs.common.errors import Code, SluiceError
from libs.common.events import Accepted, DeadLetter, JobSnapshot, Rejected, ScanRequest
from libs.common.ids import file_id
from libs.common.store.edge import EdgeStore
from libs.common.topics import DEAD_LETTERS, INGEST, JOBS
from tests.support.gateway import gateway_settings, running_gateway
from tests.support.kafka import records_of
from tests.support.scanning import COLLECTION, Bench, Reporter, id_in, open_reporter, photos
from tests.support.waiting import LIMIT_S, eventually, until

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[3] / "docs" / "ingest-topic.md"
NAMESPACE = UUID("6f0d1c0e-5f0b-4c54-9f6e-0c1f5d1b7a52")
SECONDS = 30.0


@asynccontextmanager
async def scanning(world: Bench, data: Path) -> AsyncIterator[Reporter]:
    """The whole scanner, and a stage behind it that stores whatever comes."""
    async with world.scanner(data), world.stage(open_reporter()) as reporter:
        yield reporter


async def put(
    world: Bench, body: bytes, key: bytes | None = None, headers: Sequence[tuple[str, bytes]] = ()
) -> RecordMetadata:
    """A record of another system, whose client knows nothing of ours."""
    async with world.connection.producer() as producer:
        ingest = world.connection.names.of(INGEST)
        return await producer.send_and_wait(ingest, body, key=key, headers=list(headers))


def request(path: Path, **fields: Any) -> bytes:
    return json.dumps({"directory_path": str(path), "collection": COLLECTION, **fields}).encode()


async def dead_letters(world: Bench, count: int) -> list[DeadLetter]:
    """The dead letters, once there are so many."""
    records = await eventually(
        lambda: records_of(world.connection, DEAD_LETTERS), lambda seen: len(seen) >= count
    )
    return [events.decode(record.value, DeadLetter) for record in records]


def example() -> str:
    """The Python of the page."""
    return PAGE.read_text().partition("```python\n")[2].partition("```")[0]


async def run_example(script: Path, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), *arguments, stdout=asyncio.subprocess.PIPE
    )
    message, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode == 0
    return message.decode().strip()


def test_the_example_is_ten_lines_at_most() -> None:
    assert len([line for line in example().splitlines() if line.strip()]) <= 10


async def test_the_example_makes_a_job_that_is_seen_on_jobs_and_by_rest(
    world: Bench, store: EdgeStore, tmp_path: Path
) -> None:
    folder, script = photos(tmp_path / "photos", 12), tmp_path / "publish.py"
    script.write_text(example())
    settings = gateway_settings(world.kafka.bootstrap_servers, world.prefix, tmp_path / "g0")
    async with scanning(world, tmp_path / "data"), running_gateway(settings, store) as gateway:
        job = await run_example(
            script,
            world.kafka.bootstrap_servers,
            world.connection.names.of(INGEST),
            str(folder),
            COLLECTION,
        )
        await world.finished(job)
        await _rest_shows(gateway, job)
        snapshot = await _last_snapshot(world, job)
    assert (snapshot.state, snapshot.collection, snapshot.counts.stored) == ("completed", COLLECTION, 12)


async def _rest_shows(gateway: httpx.AsyncClient, job: str) -> None:
    status = (await gateway.get(f"/api/v1/ingest/status/{job}")).raise_for_status().json()
    assert (status["state"], status["counts"]["stored"]) == ("completed", 12)


async def _last_snapshot(world: Bench, job: str) -> JobSnapshot:
    async with asyncio.timeout(LIMIT_S):
        while True:
            found = [
                events.decode(record.value, JobSnapshot)
                for record in await records_of(world.connection, JOBS)
                if record.key == job.encode()
            ]
            if found and found[-1].state in events.TERMINAL:
                return found[-1]
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("key", [None, b"\xff\x00"])
async def test_any_key_will_do(world: Bench, tmp_path: Path, key: bytes | None) -> None:
    job = str(uuid4())
    async with scanning(world, tmp_path / "data"):
        await put(world, request(photos(tmp_path / "photos", 3), job_id=job), key)
        end = await world.finished(job)
    assert (end.state, end.stored) == ("completed", 3)


async def test_without_an_id_the_job_is_named_by_its_record(world: Bench, tmp_path: Path) -> None:
    async with scanning(world, tmp_path / "data"):
        taken = await put(world, request(photos(tmp_path / "photos", 3)))
        job = str(uuid5(NAMESPACE, f"{taken.topic}/{taken.partition}/{taken.offset}"))
        assert (await world.finished(job)).stored == 3


async def test_without_a_collection_the_active_one_is_taken(world: Bench, tmp_path: Path) -> None:
    folder, with_one, without = photos(tmp_path / "photos", 2), str(uuid4()), str(uuid4())
    async with scanning(world, tmp_path / "data"):
        await put(world, request(folder, job_id=with_one, collection=None))
        active = await world.finished(with_one)
        await world.state(ActiveCollection(name=None))
        await put(world, request(folder, job_id=without, collection=None))
        none = await world.finished(without)
    assert (active.state, active.stored) == ("completed", 2)
    assert [e.collection for e in world.of(with_one) if isinstance(e, Accepted)] == [COLLECTION]
    assert (none.state, none.code) == ("failed", Code.NO_COLLECTION_SELECTED)


async def test_fields_that_nobody_knows_are_ignored(world: Bench, tmp_path: Path) -> None:
    job = str(uuid4())
    body = request(photos(tmp_path / "photos", 2), job_id=job, priority=7, owner={"name": "somebody"})
    async with scanning(world, tmp_path / "data"):
        await put(world, body)
        assert (await world.finished(job)).stored == 2


async def test_nonsense_is_a_dead_letter_and_holds_up_nobody(world: Bench, tmp_path: Path) -> None:
    folder, job = photos(tmp_path / "photos", 2), str(uuid4())
    nonsense = [
        b"", b"\xff\xfe", b"photos please", b"[]", b"{}", b"null",
        request(folder, job_id="7"), request(folder, force="yes"), request(folder, version=3),
        request(folder, retry_of=str(uuid4())), request(folder, directory_path="/" + "a" * 70_000),
    ]  # fmt: skip
    async with scanning(world, tmp_path / "data"):
        for body in nonsense:
            await put(world, body, job.encode())
        await put(world, request(folder, job_id=job), job.encode())
        assert (await world.finished(job)).stored == 2
        found = await dead_letters(world, len(nonsense))
    assert [dead_letter.body for dead_letter in found] == nonsense
    assert {dead_letter.code for dead_letter in found} == {Code.UNDECODABLE_RECORD}
    assert all(dead_letter.error and dead_letter.key == job.encode() for dead_letter in found)


async def test_what_would_lead_elsewhere_fails_its_own_job_and_holds_up_nobody(
    world: Bench, tmp_path: Path
) -> None:
    folder, good, itself = photos(tmp_path / "photos", 2), str(uuid4()), str(uuid4())
    hostile: list[tuple[str, dict[str, Any], Code]] = [
        (str(uuid4()), {"directory_path": "/photos\0/etc"}, Code.DIRECTORY_NOT_FOUND),
        (str(uuid4()), {"directory_path": ""}, Code.DIRECTORY_NOT_FOUND),
        (str(uuid4()), {"directory_path": "photos"}, Code.DIRECTORY_NOT_FOUND),
        (str(uuid4()), {"directory_path": "/" + "a/" * 4000}, Code.DIRECTORY_NOT_FOUND),
        (str(uuid4()), {"collection": "../../../etc"}, Code.COLLECTION_GONE),
        (str(uuid4()), {"collection": "a\0b"}, Code.COLLECTION_GONE),
        (str(uuid4()), {"collection": "c" * 20_000}, Code.COLLECTION_GONE),
        (itself, {"directory_path": None, "retry_of": itself}, Code.NOTHING_TO_RETRY),
    ]
    async with scanning(world, tmp_path / "data"):
        for job, fields, _ in hostile:
            await put(world, request(folder, job_id=job, **fields), good.encode())
        await put(world, request(folder, job_id=good), good.encode())
        assert (await world.finished(good)).stored == 2
        ends = [await world.finished(job) for job, _, _ in hostile]
    assert [(end.state, end.code) for end in ends] == [("failed", code) for _, _, code in hostile]


async def test_the_same_id_again_is_one_job_and_with_another_body_a_dead_letter(
    world: Bench, tmp_path: Path
) -> None:
    folder, job = photos(tmp_path / "photos", 3), str(uuid4())
    other = request(photos(tmp_path / "other", 9), job_id=job)
    async with scanning(world, tmp_path / "data") as stage:
        for _ in range(2):
            await put(world, request(folder, job_id=job), job.encode())
        await put(world, other, job.encode())
        (dead_letter,) = await dead_letters(world, 1)
        end = await world.finished(job)
    assert (dead_letter.code, dead_letter.body) == (Code.DUPLICATE_JOB_ID, other)
    assert (end.total, len(stage.seen)) == (3, 3)
    assert len([event for event in world.of(job) if isinstance(event, Accepted)]) == 1


@asynccontextmanager
async def transactional(world: Bench) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        bootstrap_servers=world.kafka.bootstrap_servers, transactional_id=f"other-{uuid4()}"
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def test_a_request_of_an_aborted_transaction_is_no_job(world: Bench, tmp_path: Path) -> None:
    folder, aborted, good = photos(tmp_path / "photos", 2), id_in(1), id_in(1)
    ingest = world.connection.names.of(INGEST)
    async with scanning(world, tmp_path / "data"), transactional(world) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(ingest, request(folder, job_id=str(aborted)), partition=1)
        await producer.abort_transaction()
        async with producer.transaction():
            await producer.send_and_wait(ingest, request(folder, job_id=str(good)), partition=1)
        assert (await world.finished(str(good))).stored == 2
    assert world.of(str(aborted)) == []


async def test_gateways_neither_show_an_aborted_request_nor_wait_for_an_open_transaction(
    world: Bench, store: EdgeStore, tmp_path: Path
) -> None:
    aborted, waiting = str(uuid4()), str(uuid4())
    ingest = world.connection.names.of(INGEST)
    settings = gateway_settings(world.kafka.bootstrap_servers, world.prefix, tmp_path / "g0")
    async with running_gateway(settings, store) as gateway, transactional(world) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(ingest, request(tmp_path, job_id=aborted))
        await producer.abort_transaction()
        await producer.begin_transaction()
        await producer.send_and_wait(ingest, request(tmp_path, job_id=waiting))
        found = [
            (await gateway.get(f"/api/v1/ingest/status/{job}")).status_code for job in (aborted, waiting)
        ]
        await producer.commit_transaction()
        committed = await gateway.get(f"/api/v1/ingest/status/{waiting}")
    assert found == [404, 404]
    assert committed.json()["message"]


async def test_headers_of_a_bad_record_change_no_job(world: Bench, store: EdgeStore, tmp_path: Path) -> None:
    folder, job, ghost = photos(tmp_path / "photos", 3), str(uuid4()), str(uuid4())
    victim = file_id(COLLECTION, bytes(folder / "00000.jpg"))
    settings = gateway_settings(world.kafka.bootstrap_servers, world.prefix, tmp_path / "g0")
    async with scanning(world, tmp_path / "data") as stage, running_gateway(settings, store) as gateway:
        stage.gate.clear()
        await put(world, request(folder, job_id=job))
        await until(lambda: len(stage.seen) == 3)
        for job_id, file in ((job, victim), (job, str(uuid4())), (ghost, str(uuid4()))):
            headers = [("job_id", job_id.encode()), ("file_id", file.encode())]
            await put(world, b"not json", job_id.encode(), headers)
        await dead_letters(world, 3)
        stage.gate.set()
        end = await world.finished(job)
        unknown = await gateway.get(f"/api/v1/ingest/status/{ghost}")
    assert (end.total, end.stored, end.failed) == (3, 3, 0)
    assert unknown.status_code == 404


async def test_null_stands_for_the_default_of_a_field(world: Bench, tmp_path: Path) -> None:
    job = str(uuid4())
    nothing = dict.fromkeys(("version", "force", "caption", "recursive", "codes", "retry_of", "retry_from"))
    async with scanning(world, tmp_path / "data"):
        await put(world, request(photos(tmp_path / "photos", 2), job_id=job, **nothing))
        assert (await world.finished(job)).stored == 2


async def test_a_refused_request_is_reported_under_its_job_id_or_its_place(
    world: Bench, store: EdgeStore, tmp_path: Path
) -> None:
    job = str(uuid4())
    settings = gateway_settings(world.kafka.bootstrap_servers, world.prefix, tmp_path / "g0")
    async with scanning(world, tmp_path / "data"), running_gateway(settings, store) as gateway:
        await put(world, request(tmp_path, job_id=job, force="yes"))
        at = await put(world, b"not json")
        place = str(uuid5(NAMESPACE, f"{at.topic}/{at.partition}/{at.offset}"))
        await dead_letters(world, 2)
        await until(lambda: world.has(job, Rejected) and world.has(place, Rejected))
        found = [(await gateway.get(f"/api/v1/ingest/status/{each}")).json() for each in (job, place)]
        snapshot = await _last_snapshot(world, job)
    assert [(each["state"], each["code"]) for each in found] == [("failed", "undecodable_record")] * 2
    assert "force" in found[0]["error"]
    assert (snapshot.state, snapshot.code) == ("failed", Code.UNDECODABLE_RECORD)


async def test_a_request_may_be_corrected_under_the_same_id(
    world: Bench, store: EdgeStore, tmp_path: Path
) -> None:
    folder, job = photos(tmp_path / "photos", 2), str(uuid4())
    settings = gateway_settings(world.kafka.bootstrap_servers, world.prefix, tmp_path / "g0")
    async with scanning(world, tmp_path / "data"), running_gateway(settings, store) as gateway:
        await put(world, request(folder, job_id=job, force="yes"))
        await put(world, request(folder, job_id=job))
        await world.finished(job)
        status = (await gateway.get(f"/api/v1/ingest/status/{job}")).json()
    assert (status["state"], status["counts"]["stored"], status["error"]) == ("completed", 2, None)


async def test_a_refused_second_request_leaves_the_job_of_that_id(
    world: Bench, store: EdgeStore, tmp_path: Path
) -> None:
    folder, job = photos(tmp_path / "photos", 2), str(uuid4())
    settings = gateway_settings(world.kafka.bootstrap_servers, world.prefix, tmp_path / "g0")
    async with scanning(world, tmp_path / "data") as stage, running_gateway(settings, store) as gateway:
        stage.gate.clear()
        await put(world, request(folder, job_id=job))
        await until(lambda: len(stage.seen) == 2)
        await put(world, request(folder, job_id=job, recursive=False))
        await until(lambda: world.has(job, Rejected))
        running = (await gateway.get(f"/api/v1/ingest/status/{job}")).json()
        stage.gate.set()
        end = await world.finished(job)
    assert (running["state"], running["error"]) == ("running", None)
    assert (end.state, end.stored) == ("completed", 2)


async def test_labels_and_metadata_go_with_the_job_and_its_files(
    world: Bench, store: EdgeStore, tmp_path: Path
) -> None:
    folder, job = photos(tmp_path / "photos", 2), str(uuid4())
    labels, metadata = {"order": "2024-117"}, {"client": "Meier", "year": 2024}
    settings = gateway_settings(world.kafka.bootstrap_servers, world.prefix, tmp_path / "g0")
    async with scanning(world, tmp_path / "data") as stage, running_gateway(settings, store) as gateway:
        await put(world, request(folder, job_id=job, labels=labels, metadata=metadata))
        await world.finished(job)
        status = (await gateway.get(f"/api/v1/ingest/status/{job}")).json()
        snapshot = await _last_snapshot(world, job)
    assert (status["labels"], snapshot.labels) == (labels, labels)
    assert (snapshot.directory_path, snapshot.retry_of) == (str(folder), None)
    assert [file.meta for file in stage.seen] == [metadata] * 2


async def test_a_list_of_files_brings_metadata_of_each(world: Bench, tmp_path: Path) -> None:
    folder, job = photos(tmp_path / "photos", 3), str(uuid4())
    names = sorted(path.name for path in folder.iterdir())
    files = [{"path": names[0], "metadata": {"page": 7}}, {"path": names[2]}]
    body = request(folder, job_id=job, version=2, files=files, metadata={"client": "Meier", "page": 0})
    async with scanning(world, tmp_path / "data") as stage:
        await put(world, body)
        assert (await world.finished(job)).total == 2
    assert {Path(file.file).name: file.meta for file in stage.seen} == {
        names[0]: {"client": "Meier", "page": 7},
        names[2]: {"client": "Meier", "page": 0},
    }


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        ("files", [{"path": "../a.jpg"}], "without . and .."),
        ("files", [{"path": "a.jpg", "metadata": {"a.b": 1}}], "metadata: a name"),
        ("files", [{"path": "a.jpg", "metadata": {"a": "x" * 5000}}], "4096 bytes"),
        ("files", [{"metadata": {}}], "path"),
        ("labels", {"": "x"}, "labels: a name"),
        ("labels", {"a": 1}, "labels"),
        ("labels", {str(n): "x" for n in range(17)}, "at most 16"),
        ("metadata", {"a.b": 1}, "metadata: a name"),
        ("metadata", {"a": {"b": 1}}, "metadata"),
        ("metadata", {"a": "x" * 5000}, "4096 bytes"),
    ],
)
def test_labels_and_metadata_have_limits(tmp_path: Path, field: str, value: Any, what: str) -> None:
    with pytest.raises(SluiceError, match=what):
        events.decode(request(tmp_path, **{field: value}), ScanRequest)


async def test_headers_stay_with_a_request_that_goes_to_another_partition(
    world: Bench, tmp_path: Path
) -> None:
    job, trace = str(id_in(1)), ("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    async with scanning(world, tmp_path / "data"), world.connection.producer() as producer:
        ingest = world.connection.names.of(INGEST)
        body = request(photos(tmp_path / "photos", 1), job_id=job)
        await producer.send_and_wait(ingest, body, partition=2, headers=[trace])
        await world.finished(job)
        (moved,) = [each for each in await records_of(world.connection, INGEST) if each.partition == 1]
    assert moved.headers == (trace,)
