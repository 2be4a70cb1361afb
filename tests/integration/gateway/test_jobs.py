import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from msgspec import structs

from libs.common.control import JobCommand
from libs.common.errors import Code, SluiceError
from libs.common.events import (
    Accepted,
    Counts,
    Finished,
    Heartbeat,
    IgnoredBy,
    JobEvent,
    JobSnapshot,
    Listed,
    Outcome,
    Outcomes,
    ScanRequest,
    decode,
    encode,
)
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import Outgoing, event, fact
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.kafka.tables.table import Table, read_partition
from libs.common.store.protocol import Point, Store
from libs.common.topics import INGEST, JOBS, SERVICES, key_partition
from services.gateway.gateway import opened
from services.gateway.jobs.following import watch
from services.gateway.jobs.following.stream import Wanted, job_events
from services.gateway.settings import GatewaySettings
from services.gateway.view import queries
from services.gateway.view.queries import JobFilter
from tests.support.broker import Broker
from tests.support.gateway import gateway_settings, running_gateway
from tests.support.kafka import records_of
from tests.support.waiting import LIMIT_S

API = "/api/v1"
PIXEL = "/9j/4AAQ"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


async def selected(client: httpx.AsyncClient, name: str) -> None:
    body = {"collection_name": name}
    assert (await client.post(f"{API}/collections", json=body)).status_code in (201, 409)
    assert (await client.post(f"{API}/collections/select", json=body)).status_code == 200


async def submitted(client: httpx.AsyncClient, folder: Path) -> str:
    response = await client.post(f"{API}/ingest/", json={"directory_path": str(folder)})
    assert response.status_code == 202, response.text
    return str(response.json()["job_id"])


async def status_of(client: httpx.AsyncClient, job_id: str) -> dict[str, object]:
    response = await client.get(f"{API}/ingest/status/{job_id}")
    assert response.status_code == 200, response.text
    return dict(response.json())


async def test_a_list_of_files_is_a_request_unless_it_is_longer_than_one_may_be(
    gateway: httpx.AsyncClient, photos: Path, settings: GatewaySettings
) -> None:
    await selected(gateway, "listed")
    files = [{"path": "a.jpg", "metadata": {"page": 7}}, {"path": "b.jpg"}]
    taken = await gateway.post(f"{API}/ingest", json={"directory_path": str(photos), "files": files})
    assert taken.status_code == 202, taken.text
    records = await records_of(Connection.of(settings, "test"), INGEST)
    requests = {str(each.job_id): each for each in (decode(r.value, ScanRequest) for r in records)}
    request = requests[taken.json()["job_id"]]
    assert (request.version, [(each.path, each.metadata) for each in request.files]) == (
        2,
        [("a.jpg", {"page": 7}), ("b.jpg", {})],
    )
    long = [{"path": f"{number:04}{'x' * 200}.jpg"} for number in range(400)]
    refused = await gateway.post(f"{API}/ingest", json={"directory_path": str(photos), "files": long})
    assert (refused.status_code, "in a manifest" in refused.json()["detail"]) == (422, True)
    both = {"directory_path": str(photos), "files": files, "paths": ["c.jpg"]}
    assert (await gateway.post(f"{API}/ingest", json=both)).status_code == 422


async def say(publisher: Publisher, *events: JobEvent) -> None:
    for one in events:
        await publisher.publish([event(one)])


def accepted(job_id: str, collection: str = "holiday") -> Accepted:
    return Accepted(job_id=job_id, collection=collection, partition=0, offset=0, directory_path="/photos")


def finished(job_id: str, **totals: int) -> Finished:
    counts = Counts(**totals)
    return Finished(
        job_id=job_id,
        state="completed",
        total=counts.total,
        stored=counts.stored,
        from_cache=counts.from_cache,
        failed=counts.failed,
        skipped=counts.skipped,
        ignored=counts.ignored,
    )


STORED = Outcome(
    file_id=str(uuid4()), file="/photos/a.jpg", outcome="stored", source="batch_ml", caption="a beach"
)
CACHED = Outcome(file_id=str(uuid4()), file="/photos/b.jpg", outcome="stored", source="cache")
BROKEN = Outcome(
    file_id=str(uuid4()),
    file="/photos/c.gif",
    outcome="failed",
    code=Code.UNSUPPORTED_TYPE,
    error="Skipped non-image file",
    details="File type not supported",
)


async def test_a_job_is_readable_at_once_from_any_replica(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, photos: Path
) -> None:
    await selected(gateway, "holiday")

    job_id = await submitted(gateway, photos)
    status = await status_of(second, job_id)

    assert (status["status"], status["state"], status["progress"]) == ("running", "running", 0)
    assert "waiting for a scanner" in str(status["message"])
    assert (status["collection"], status["directory_path"]) == ("holiday", str(photos))


async def test_the_request_is_on_ingest_under_its_job(
    gateway: httpx.AsyncClient, settings: GatewaySettings, photos: Path
) -> None:
    await selected(gateway, "holiday")

    job_id = await submitted(gateway, photos)

    rows = await read_partition(
        Connection.of(settings, "test"), INGEST, key_partition(job_id, 4), lambda b: decode(b, ScanRequest)
    )
    request = rows[job_id]
    assert (str(request.job_id), request.directory_path) == (job_id, str(photos))
    assert (request.collection, request.force, request.caption) == ("holiday", False, True)


async def test_a_status_follows_the_events(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, publisher: Publisher
) -> None:
    job_id = str(uuid4())

    await say(
        publisher,
        accepted(job_id),
        Listed(job_id=job_id, found=4, ignored=2, bytes=1, complete=True),
        Outcomes(job_id=job_id, items=(STORED, CACHED)),
        Outcomes(job_id=job_id, items=(CACHED, BROKEN)),
    )

    for client in (gateway, second):
        status = await status_of(client, job_id)
        assert status["status"] == "running"
        assert status["progress"] == 75.0
        assert (status["processed_files"], status["cached_files"], status["total_files"]) == (2, 1, 4)
        assert status["error_counts"] == {"unsupported_type": 1}
        assert status["counts"] == {
            "total": 3, "stored": 2, "from_cache": 1, "failed": 1, "skipped": 0, "ignored": 2, "in_flight": 1,
        }  # fmt: skip
        assert status["errors"] == ["/photos/c.gif: Skipped non-image file"]
        assert status["exact_duplicates"] == []
        assert status["result"] is None


async def test_the_report_is_as_the_seed_has_it(gateway: httpx.AsyncClient, publisher: Publisher) -> None:
    job_id = str(uuid4())
    await say(
        publisher,
        accepted(job_id),
        Listed(job_id=job_id, found=3, ignored=0, bytes=1, complete=True),
        Outcomes(job_id=job_id, items=(STORED, CACHED, BROKEN)),
        finished(job_id, total=3, stored=2, from_cache=1, failed=1),
        finished(job_id, total=9, stored=9),
    )

    status = await status_of(gateway, job_id)

    assert (status["status"], status["state"], status["progress"]) == ("completed", "completed", 100.0)
    assert status["eta_seconds"] == 0
    assert status["result"] == {
        "total_processed": 2,
        "total_failed": 1,
        "total_from_cache": 1,
        "processed_files": [
            {
                "file": "/photos/a.jpg",
                "source": "batch_ml",
                "details": {"caption": "a beach", "full_path": "/photos/a.jpg"},
            },
            {
                "file": "/photos/b.jpg",
                "source": "cache",
                "details": {"caption": None, "full_path": "/photos/b.jpg"},
            },
        ],
        "failed_files": [
            {
                "file": "/photos/c.gif",
                "error": "Skipped non-image file",
                "details": "File type not supported",
                "code": "unsupported_type",
            }
        ],
        "truncated": False,
        "next": {},
    }
    logs = status["logs"]
    assert isinstance(logs, list)
    assert [line["level"] for line in logs] == ["INFO"] * 3
    assert logs[-1]["message"].startswith("Completed: 2 stored, of which 1 from the cache")


async def test_what_is_no_picture_is_no_failure_but_stays_in_the_report_of_old_clients(
    gateway: httpx.AsyncClient, publisher: Publisher
) -> None:
    await selected(gateway, "holiday")
    job_id = str(uuid4())
    no_picture = structs.replace(BROKEN, outcome="skipped")
    await say(
        publisher,
        accepted(job_id),
        Outcomes(job_id=job_id, items=(STORED, no_picture)),
        finished(job_id, total=2, stored=1, skipped=1),
    )

    status = await status_of(gateway, job_id)
    refused = await gateway.post(f"/api/v1/ingest/jobs/{job_id}/retry")
    taken = await gateway.post(f"/api/v1/ingest/jobs/{job_id}/retry", json={"codes": ["unsupported_type"]})

    assert (status["error_counts"], status["skipped_counts"]) == ({}, {"unsupported_type": 1})
    assert status["errors"] == ["/photos/c.gif: Skipped non-image file"]
    counts, result = status["counts"], status["result"]
    assert isinstance(counts, dict)
    assert isinstance(result, dict)
    assert (counts["failed"], counts["skipped"], result["total_failed"]) == (0, 1, 1)
    assert [file["file"] for file in result["failed_files"]] == ["/photos/c.gif"]
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_retry")
    assert taken.status_code == 202


async def test_what_was_ignored_is_told_by_rule_on_every_replica(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, publisher: Publisher
) -> None:
    job_id = str(uuid4())
    rule = IgnoredBy(rule="exclude: *.png", count=7, sample=("/photos/a.png", "/photos/b.png"))
    listed = Listed(job_id=job_id, found=0, ignored=7, bytes=0, complete=True, ignored_by=(rule,))
    await say(publisher, accepted(job_id), listed)

    for client in (gateway, second):
        answer = await client.get(f"{API}/ingest/jobs/{job_id}/files", params={"outcome": "ignored"})
        items = answer.raise_for_status().json()["items"]
        assert [(each["file"], each["outcome"], each["rule"], each["rule_count"]) for each in items] == [
            ("/photos/a.png", "ignored", "exclude: *.png", 7),
            ("/photos/b.png", "ignored", "exclude: *.png", 7),
        ]


async def test_fields_of_a_request_that_no_one_reads_are_named(
    gateway: httpx.AsyncClient, photos: Path
) -> None:
    await selected(gateway, "holiday")
    answer = await gateway.post(f"{API}/ingest/", json={"directory_path": str(photos), "excludes": ["*.png"]})
    assert answer.json()["ignored_fields"] == ["excludes"]


async def test_a_cancelled_job_reads_as_failed(gateway: httpx.AsyncClient, publisher: Publisher) -> None:
    job_id = str(uuid4())
    end = Finished(
        job_id=job_id, state="cancelled", total=0, stored=0, from_cache=0, failed=0, skipped=0, ignored=0
    )

    await say(publisher, accepted(job_id), end)

    status = await status_of(gateway, job_id)
    assert (status["status"], status["state"]) == ("failed", "cancelled")


async def test_exact_duplicates_bring_the_other_ones_thumbnail(
    gateway: httpx.AsyncClient, publisher: Publisher, store: Store
) -> None:
    job_id, other, copied = str(uuid4()), str(uuid4()), str(uuid4())
    await selected(gateway, "holiday")
    payload = {"filename": "first.jpg", "thumbnail_base64": PIXEL}
    larger = {"file_hash": "ab" * 32, "full_path": "/photos/first.jpg", "width": 20, "height": 20}
    smaller = {"file_hash": "ab" * 32, "full_path": "/photos/copy.jpg", "width": 10, "height": 10}
    vector = [1.0] + [0.0] * 511
    points = [Point(other, vector, payload | larger), Point(copied, vector, smaller)]
    await store.upsert("holiday", points)
    copy = Outcome(
        file_id=copied, file="/photos/copy.jpg", outcome="stored", source="cache", existing_id=other
    )

    await say(publisher, accepted(job_id), Outcomes(job_id=job_id, items=(copy,)))

    status = await status_of(gateway, job_id)
    assert status["exact_duplicates"] == [
        {"file_path": "/photos/copy.jpg", "existing_id": other, "existing_payload": payload}
    ]


async def test_a_waiting_stage_says_why(gateway: httpx.AsyncClient, publisher: Publisher) -> None:
    job_id, reason = str(uuid4()), "the ML service does not answer"
    beats = [
        Heartbeat(instance=f"{stage}-1", stage=stage, release="1", state="ready")
        for stage in ("scanner", "processor", "upserter")
    ]
    beats.append(
        Heartbeat(instance="inferencer-1", stage="inferencer", release="1", state="waiting", reason=reason)
    )
    await publisher.publish([Outgoing(SERVICES, beat.instance, encode(beat)) for beat in beats])
    await say(publisher, accepted(job_id))

    listed = (await gateway.get(f"{API}/services")).json()
    status = await status_of(gateway, job_id)

    waiting = next(instance for instance in listed if instance["stage"] == "inferencer")
    assert (waiting["state"], waiting["reason"]) == ("waiting", reason)
    assert status["waiting_reason"] == f"inferencer: {reason}"
    assert reason in str(status["message"])


async def test_jobs_are_listed_page_by_page(gateway: httpx.AsyncClient, publisher: Publisher) -> None:
    jobs = [str(uuid4()) for _ in range(5)]
    for job_id in jobs:
        await say(publisher, accepted(job_id, "paged"))
    await say(publisher, finished(jobs[0]), accepted(str(uuid4()), "other"))

    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        params = {"limit": "2", "collection": "paged"} | ({"cursor": cursor} if cursor else {})
        page = (await gateway.get(f"{API}/ingest/jobs", params=params)).json()
        seen += [item["job_id"] for item in page["items"]]
        cursor = page["next"]
    both = {"state": "completed", "collection": "paged"}
    completed = (await gateway.get(f"{API}/ingest/jobs", params=both)).json()

    assert sorted(seen) == sorted(jobs)
    assert [item["job_id"] for item in completed["items"]] == [jobs[0]]


async def test_files_are_listed_with_a_cursor_good_on_any_replica(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, publisher: Publisher
) -> None:
    job_id = str(uuid4())
    await say(
        publisher, accepted(job_id), Outcomes(job_id=job_id, items=(STORED, BROKEN, CACHED)), finished(job_id)
    )
    url = f"{API}/ingest/jobs/{job_id}/files"

    first = (await gateway.get(url, params={"limit": 2})).json()
    rest = (await second.get(url, params={"limit": 2, "cursor": first["next"]})).json()
    failed = (await second.get(url, params={"outcome": "failed", "code": "unsupported_type"})).json()
    wrong = await second.get(url, params={"cursor": "x/y"})

    assert [item["id"] for item in first["items"] + rest["items"]] == [
        BROKEN.file_id, STORED.file_id, CACHED.file_id,
    ]  # fmt: skip
    assert rest["next"] is None
    assert [item["file"] for item in failed["items"]] == ["/photos/c.gif"]
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_request")


@pytest.mark.usefixtures("gateway", "second")
async def test_the_last_snapshot_tells_the_whole_job(publisher: Publisher, settings: GatewaySettings) -> None:
    job_id = str(uuid4())
    await say(
        publisher,
        accepted(job_id),
        Outcomes(job_id=job_id, items=(STORED, BROKEN)),
        finished(job_id, total=2, stored=1, failed=1),
    )

    async with Table.open(
        Connection.of(settings, "test"), JOBS, lambda body: decode(body, JobSnapshot)
    ) as jobs:
        async with asyncio.timeout(LIMIT_S):
            while job_id not in jobs.rows or jobs.rows[job_id].state != "completed":
                await jobs.changed(1.0)
        snapshot = jobs.rows[job_id]

    assert (snapshot.counts.total, snapshot.counts.stored, snapshot.counts.failed) == (2, 1, 1)
    assert snapshot.error_counts == {"unsupported_type": 1}


@pytest.mark.slow
async def test_a_finished_job_outlives_its_events(kafka: Broker, tmp_path: Path, store: Store) -> None:
    """A snapshot stays on `jobs` when job-status has forgotten the job: a new replica shows it."""
    prefix = f"t{uuid4().hex[:10]}-"
    settings = gateway_settings(kafka.bootstrap_servers, prefix, tmp_path / "old")
    job_id = str(uuid4())
    async with running_gateway(settings, store):
        pass
    connection = Connection.of(settings, "test")
    old = finished(job_id, total=2, stored=2)
    snapshot = JobSnapshot(
        job_id=job_id, collection="holiday", state="completed", as_of=0, error_counts={},
        counts=Counts(total=2, stored=2), created_at=old.at, updated_at=old.at, finished_at=old.at,
    )  # fmt: skip
    same_partition = next(
        name
        for name in (str(uuid4()) for _ in range(1000))
        if key_partition(name, 4) == key_partition(job_id, 4)
    )
    async with Publisher.open(connection) as publisher:
        await say(publisher, accepted(same_partition))
        await publisher.publish([Outgoing(JOBS, job_id, encode(snapshot))])

    fresh = gateway_settings(kafka.bootstrap_servers, prefix, tmp_path / "new")
    async with running_gateway(fresh, store) as client:
        status = await status_of(client, job_id)
        files = await client.get(f"{API}/ingest/jobs/{job_id}/files")

    assert (status["status"], status["progress"]) == ("completed", 100.0)
    assert status["result"] == {
        "total_processed": 2, "total_failed": 0, "total_from_cache": 0,
        "processed_files": [], "failed_files": [], "truncated": True, "next": {},
    }  # fmt: skip
    assert (files.status_code, files.json()["code"]) == (410, "outcomes_gone")


@pytest.mark.slow
async def test_a_replica_that_starts_again_goes_on_from_its_view(
    kafka: Broker, prefix: str, tmp_path: Path, store: Store, photos: Path
) -> None:
    settings = gateway_settings(kafka.bootstrap_servers, prefix, tmp_path / "three")
    async with running_gateway(settings, store) as client:
        await selected(client, "holiday")
        job_id = await submitted(client, photos)
        async with Publisher.open(Connection.of(settings, "test")) as publisher:
            await say(publisher, accepted(job_id), Outcomes(job_id=job_id, items=(STORED,)))
        before = await status_of(client, job_id)

    async with running_gateway(settings, store) as client:
        async with Publisher.open(Connection.of(settings, "test")) as publisher:
            await say(publisher, Outcomes(job_id=job_id, items=(STORED, CACHED)))
        after = await status_of(client, job_id)

    assert (before["processed_files"], after["processed_files"]) == (1, 2)


async def test_an_idempotency_key_names_one_job(gateway: httpx.AsyncClient, photos: Path) -> None:
    await selected(gateway, "holiday")
    headers = {"Idempotency-Key": "once"}

    async def submit(folder: Path) -> httpx.Response:
        return await gateway.post(f"{API}/ingest/scan", json={"directory_path": str(folder)}, headers=headers)

    first, again, other = [await submit(folder) for folder in (photos, photos, photos.parent)]

    assert first.json()["job_id"] == again.json()["job_id"]
    assert first.headers["location"] == f"{API}/ingest/status/{first.json()['job_id']}"
    assert (other.status_code, other.json()["code"]) == (409, "duplicate_job_id")


async def test_what_cannot_be_ingested_is_a_400(gateway: httpx.AsyncClient, photos: Path) -> None:
    async def code_of(path: object, **more: object) -> tuple[int, str]:
        response = await gateway.post(f"{API}/ingest", json={"directory_path": str(path), **more})
        return response.status_code, response.json()["code"]

    await selected(gateway, "holiday")

    assert await code_of(photos / "missing") == (400, "directory_not_found")
    assert await code_of(photos, collection="unknown") == (400, "collection_not_found")


async def reported(client: httpx.AsyncClient, job_id: str, what: str, **body: object) -> tuple[int, str]:
    """Status and state, or code, of a command to a job."""
    response = await client.post(f"{API}/ingest/jobs/{job_id}/{what}", json=body or None)
    answer = response.json()
    return response.status_code, str(answer.get("state") or answer.get("code") or answer.get("retry_of"))


async def test_commands_reach_the_scanner_from_any_replica(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, publisher: Publisher, settings: GatewaySettings
) -> None:
    job_id = str(uuid4())
    await say(publisher, accepted(job_id))

    assert await reported(gateway, job_id, "pause") == (202, "paused")
    assert await reported(second, job_id, "resume") == (202, "running")
    assert await reported(gateway, job_id, "cancel") == (202, "cancelling")
    assert await reported(second, job_id, "cancel") == (202, "cancelling")
    assert await reported(second, job_id, "resume") == (409, "job_over")

    async with ControlTable.open(Connection.of(settings, "test")) as control:
        command = control.command(job_id)
    assert command is not None
    assert command.action == "cancel"


async def test_a_job_that_is_over_takes_no_commands(gateway: httpx.AsyncClient, publisher: Publisher) -> None:
    job_id = str(uuid4())
    await say(publisher, accepted(job_id), finished(job_id))

    for what in ("pause", "resume", "cancel"):
        assert await reported(gateway, job_id, what) == (409, "job_over")
        assert await reported(gateway, str(uuid4()), what) == (404, "job_not_found")


async def test_a_retry_asks_for_the_failed_files_of_the_job(
    gateway: httpx.AsyncClient, publisher: Publisher, settings: GatewaySettings
) -> None:
    await selected(gateway, "holiday")
    job_id, url = str(uuid4()), f"{API}/ingest/jobs"
    await say(publisher, accepted(job_id), Outcomes(job_id=job_id, items=(STORED, BROKEN)))
    assert await reported(gateway, job_id, "retry") == (409, "job_running")
    await say(publisher, finished(job_id, total=2, stored=1, failed=1))

    assert await reported(gateway, job_id, "retry", codes=["ml_rejected"]) == (409, "nothing_to_retry")
    assert await reported(gateway, job_id, "retry", codes=["of_a_later_release"]) == (409, "nothing_to_retry")
    assert await reported(gateway, job_id, "retry", codes=["No Code!"]) == (422, "invalid_request")
    answers = [
        await gateway.post(
            f"{url}/{job_id}/retry",
            json={"codes": ["unsupported_type"]},
            headers={"Idempotency-Key": f"again {job_id}"},
        )
        for _ in range(2)
    ]

    (retried,) = {answer.json()["job_id"] for answer in answers}
    rows = await read_partition(
        Connection.of(settings, "test"), INGEST, key_partition(retried, 4), lambda b: decode(b, ScanRequest)
    )
    request = rows[retried]
    assert (str(request.retry_of), request.codes) == (job_id, ("unsupported_type",))
    assert (request.collection, request.directory_path) == ("holiday", None)
    assert request.retry_from is not None
    assert (await status_of(gateway, retried))["retry_of"] == job_id


async def test_the_newest_job_of_each_collection_is_known(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, publisher: Publisher
) -> None:
    older, newer, other = (str(uuid4()) for _ in range(3))
    await say(
        publisher, accepted(older, "recent-a"), accepted(other, "recent-b"), accepted(newer, "recent-a")
    )

    for client in (gateway, second):
        recent = (await client.get(f"{API}/ingest/recent_jobs")).json()
        assert (recent["recent-a"], recent["recent-b"]) == (newer, other)


async def test_changes_come_as_events(
    gateway: httpx.AsyncClient, publisher: Publisher, kafka: Broker, store: Store, prefix: str, data: Path
) -> None:
    job_id, stop = str(uuid4()), asyncio.Event()
    await say(publisher, accepted(job_id, "streamed"))
    settings = gateway_settings(kafka.bootstrap_servers, prefix, data / "stream")
    assert gateway
    async with opened(settings, store) as inside:
        events = job_events(inside.watch, stop, Wanted("streamed"))
        first = [await anext(events) for _ in range(2)]
        await say(publisher, Listed(job_id=job_id, found=7, ignored=0, bytes=1, complete=True))
        async with asyncio.timeout(LIMIT_S):
            changed = await anext(events)
        stop.set()
        rest = [event async for event in events]

    assert first[0] == "retry: 2000\n\n"
    kinds = [event.split("\n")[0] for event in (first[1], changed)]
    bodies = [json.loads(event.split("data: ")[1]) for event in (first[1], changed)]
    assert kinds == ["event: job"] * 2
    assert [(body["job_id"], body["counts"]["in_flight"]) for body in bodies] == [(job_id, 0), (job_id, 7)]
    assert rest == []


@dataclass
class Received:
    """What a listener of the events has heard: the last id, and the last body of each job."""

    last_id: str | None = None
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, event: str) -> None:
        for line in event.splitlines():
            name, _, value = line.partition(": ")
            if name == "id":
                self.last_id = value
            elif name == "data":
                body = json.loads(value)
                self.jobs[body["job_id"]] = body

    def ended(self, job_ids: Iterable[str]) -> set[str]:
        return {each for each in job_ids if self.jobs.get(each, {}).get("state") == "completed"}


@pytest.mark.slow
@pytest.mark.usefixtures("gateway")
async def test_a_listener_hears_of_every_ending_also_after_it_went_to_another_replica(
    publisher: Publisher, kafka: Broker, store: Store, prefix: str, data: Path
) -> None:
    before, after = ([str(uuid4()) for _ in range(150)] for _ in range(2))
    settings = [
        gateway_settings(kafka.bootstrap_servers, prefix, data / name)
        for name in ("stream-one", "stream-other")
    ]
    received, stop = Received(), asyncio.Event()
    async with opened(settings[0], store) as one, opened(settings[1], store) as other:
        events = job_events(one.watch, stop, Wanted())
        await _listen(events, received, lambda: received.last_id is not None)
        await say(publisher, *(each for job in before for each in (accepted(job), finished(job))))
        await _listen(events, received, lambda: received.ended(before) == set(before))
        await events.aclose()

        await say(publisher, *(each for job in after for each in (accepted(job), finished(job))))
        events = job_events(other.watch, stop, Wanted(), received.last_id)
        received.jobs.clear()
        await _listen(events, received, lambda: received.ended(after) == set(after))
        await events.aclose()
    assert not received.ended(before)


@pytest.mark.slow
@pytest.mark.usefixtures("gateway")
async def test_a_listener_that_is_slower_than_what_is_kept_misses_nothing(
    publisher: Publisher,
    kafka: Broker,
    store: Store,
    prefix: str,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "KEPT", 3)
    jobs, received = [str(uuid4()) for _ in range(20)], Received()
    async with opened(gateway_settings(kafka.bootstrap_servers, prefix, data / "slow"), store) as inside:
        events = job_events(inside.watch, asyncio.Event(), Wanted(job_ids=frozenset(jobs)))
        await _listen(events, received, lambda: received.last_id is not None)
        await say(publisher, *(each for job in jobs for each in (accepted(job), finished(job))))
        await _listen(events, received, lambda: received.ended(jobs) == set(jobs))
        await events.aclose()
    assert received.jobs.keys() == set(jobs)


async def test_an_id_of_another_stream_begins_one(gateway: httpx.AsyncClient, publisher: Publisher) -> None:
    job_id = str(uuid4())
    await say(publisher, accepted(job_id, "elsewhere"))
    assert (await status_of(gateway, job_id))["state"] == "running"
    for last in ("nonsense", "1.2", "9.9.9.99999999999999999999999"):
        assert await _first_job(gateway, last) == job_id


async def _first_job(gateway: httpx.AsyncClient, last_event_id: str) -> str:
    received = Received()
    lifecycle = gateway._transport.app.state.lifecycle  # type: ignore[attr-defined]
    events = job_events(lifecycle.get(watch.JobWatch), asyncio.Event(), Wanted("elsewhere"), last_event_id)
    await _listen(events, received, lambda: bool(received.jobs))
    await events.aclose()
    return next(iter(received.jobs))


async def _listen(events: AsyncGenerator[str, None], received: Received, enough: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not enough():
            received.take(await anext(events))


async def test_the_metrics_count_jobs_and_files(gateway: httpx.AsyncClient, publisher: Publisher) -> None:
    job_id = str(uuid4())
    await say(publisher, accepted(job_id), Outcomes(job_id=job_id, items=(STORED,)))

    response = await gateway.get("/metrics")

    assert response.headers["content-type"].startswith("text/plain")
    values = dict(line.rsplit(" ", 1) for line in response.text.splitlines() if not line.startswith("#"))
    assert float(values['sluice_jobs{state="running"}']) >= 1
    assert float(values['sluice_files_total{outcome="stored"}']) >= 1
    assert 'sluice_instances{stage="gateway",state="ready"}' in values


@pytest.mark.slow
async def test_a_job_that_ended_long_ago_is_gone(
    publisher: Publisher, kafka: Broker, store: Store, prefix: str, data: Path, gateway: httpx.AsyncClient
) -> None:
    job_id = str(uuid4())
    await say(publisher, accepted(job_id, "past"), Outcomes(job_id=job_id, items=(STORED,)), finished(job_id))
    assert (await status_of(gateway, job_id))["status"] == "completed"
    settings = gateway_settings(kafka.bootstrap_servers, prefix, data / "brief", job_keep_days=1e-9)

    async with opened(settings, store) as inside:
        with pytest.raises(SluiceError) as gone:
            await inside.jobs.report(UUID(job_id))
        listed, _ = await inside.jobs.page(JobFilter("past"), None, 10)
        dropped = await inside.jobs.view.forget(time.time())
        with pytest.raises(SluiceError) as dropped_too:
            await inside.jobs.report(UUID(job_id))
        kept = await inside.jobs.view.ask(queries.job, job_id)

    assert (dropped_too.value.code, kept) == (Code.JOB_GONE, None)
    assert (gone.value.code, listed) == (Code.JOB_GONE, [])
    assert dropped >= 1


@pytest.mark.slow
async def test_a_job_that_is_dropped_leaves_a_tombstone_on_jobs(
    publisher: Publisher, kafka: Broker, store: Store, prefix: str, data: Path, gateway: httpx.AsyncClient
) -> None:
    job_id = str(uuid4())
    await say(publisher, accepted(job_id, "past"), finished(job_id))
    assert (await status_of(gateway, job_id))["status"] == "completed"
    settings = gateway_settings(kafka.bootstrap_servers, prefix, data / "cleaning", job_keep_days=1e-9)
    async with opened(settings, store) as inside:
        await inside.cleaning.clean()
        found = [
            each.value for each in await records_of(inside.connection, JOBS) if each.key == job_id.encode()
        ]
    assert found[-1] is None


async def test_what_was_asked_of_a_job_is_dropped_with_it_and_of_a_running_one_it_stays(
    publisher: Publisher, kafka: Broker, store: Store, prefix: str, data: Path, gateway: httpx.AsyncClient
) -> None:
    over, running, unknown = (str(uuid4()) for _ in range(3))
    await say(publisher, accepted(over, "past"), finished(over), accepted(running, "now"))
    commands = [JobCommand(job_id=each, action="cancel") for each in (over, running, unknown)]
    await publisher.publish([fact(command) for command in commands])
    assert (await status_of(gateway, over))["status"] == "completed"
    settings = gateway_settings(kafka.bootstrap_servers, prefix, data / "commands", job_keep_days=1e-9)
    async with opened(settings, store) as inside:
        for _ in range(2):
            await inside.cleaning.clean()
            await inside.commands.control.refresh()
            assert {running, unknown} <= {each.job_id for each in inside.commands.control.commands()}
        assert inside.commands.control.command(over) is None


@pytest.mark.parametrize("job_id", ["8d0e2f1a-2b1f-5f0e-9c3d-7a1b2c3d4e5f", "anything", "%00", "é"])
async def test_an_unknown_job_is_a_404(gateway: httpx.AsyncClient, job_id: str) -> None:
    response = await gateway.get(f"{API}/ingest/status/{job_id}")

    assert (response.status_code, response.json()["code"]) == (404, "job_not_found")
