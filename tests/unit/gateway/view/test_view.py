import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import msgpack

from libs.common.errors import Code
from libs.common.events import Accepted, Finished, JobEvent, Listed, Outcome, Outcomes, ScanRequest
from services.gateway.view import outcomes, queries, writer
from services.gateway.view import view as view_module
from services.gateway.view.fold import Job
from services.gateway.view.queries import JobFilter
from services.gateway.view.schema import open_view
from services.gateway.view.view import View
from services.gateway.view.writer import Happened, Requested
from tests.support.waiting import LIMIT_S

TOPIC = "job-status"
JOB = str(uuid4())


def stored(*names: int) -> Outcomes:
    items = tuple(
        Outcome(file_id=f"file-{n}", file=f"/photos/{n}.jpg", outcome="stored", source="batch_ml")
        for n in names
    )
    return Outcomes(job_id=JOB, items=items)


ACCEPTED = Accepted(job_id=JOB, collection="c", partition=0, offset=0, directory_path="/photos")
FINISHED = Finished(
    job_id=JOB, state="completed", total=3, stored=3, from_cache=0, failed=0, skipped=0, ignored=0
)


def happened(*events: JobEvent, first: int = 0) -> list[Happened]:
    return [Happened(event, first + index, 1000.0 + index) for index, event in enumerate(events)]


@asynccontextmanager
async def view_in(folder: Path, source: str = "cluster/") -> AsyncIterator[View]:
    async with View.open(folder / "view.sqlite", source) as view:
        yield view


async def test_outcomes_are_counted_by_distinct_files(tmp_path: Path) -> None:
    async with view_in(tmp_path) as view:
        await view.write(happened(ACCEPTED, stored(1, 2, 2), stored(2, 3)), TOPIC, {0: 3})
        job = await view.ask(queries.job, JOB)
        found, _ = await view.ask(outcomes.page, JOB, limit=10)

    assert job is not None
    assert job.stored == 3
    assert [outcome.file_id for outcome in found] == ["file-1", "file-2", "file-3"]


async def test_a_second_listing_is_not_logged_again(tmp_path: Path) -> None:
    """A scanner that takes a job over lists its files once more."""
    listed = Listed(job_id=JOB, found=3, ignored=0, bytes=9, complete=True)
    async with view_in(tmp_path) as view:
        await view.write(happened(ACCEPTED, listed, stored(1), listed), TOPIC, {0: 4})
        lines = await view.ask(queries.log_lines, JOB, 10)
    assert [line.message for line in lines].count("Listed 3 files; 0 ignored") == 1


FAILED = Outcome(file_id="bad", file="/photos/bad.jpg", outcome="failed", code=Code.DECODE_FAILED)


def test_outcomes_are_read_by_kind_and_code_page_by_page(tmp_path: Path) -> None:
    view = open_view(tmp_path / "view.sqlite", "s")
    skipped = Outcome(file_id="cut", file="/photos/cut.jpg", outcome="skipped", code=Code.CANCELLED)
    rest = Outcomes(job_id=JOB, items=(skipped, FAILED))
    writer.write(view, happened(ACCEPTED, stored(1, 2, 3), rest), TOPIC, {0: 3})

    def ids(outcome: str | None = None, code: str | None = None) -> list[str]:
        found, cursor, more = list[Outcome](), None, True
        while more:
            page, cursor = outcomes.page(view, JOB, outcome=outcome, code=code, cursor=cursor, limit=2)
            found, more = found + page, cursor is not None
        return [each.file_id for each in found]

    assert ids() == ["bad", "cut", "file-1", "file-2", "file-3"]
    assert ids("failed") == ["bad"]
    assert ids("stored") == ["file-1", "file-2", "file-3"]
    assert ids(code="cancelled") == ["cut"]
    assert ids("stored", "cancelled") == []
    view.close()


def test_the_failures_of_a_job_are_found_without_looking_at_what_was_stored(tmp_path: Path) -> None:
    def steps(files: int) -> int:
        view, count = open_view(tmp_path / f"{files}.sqlite", "s"), 0

        def step() -> int:
            nonlocal count
            count += 1
            return 0

        writer.write(view, happened(ACCEPTED, stored(*range(files))), TOPIC, {0: 2})
        view.set_progress_handler(step, 10)
        assert outcomes.page(view, JOB, outcome="failed", limit=100) == ([], None)
        view.close()
        return count

    assert steps(400) <= steps(4) + 1


async def test_what_was_folded_reaches_the_file_while_the_view_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view_module, "COPY_SECONDS", 0.01)
    async with view_in(tmp_path) as view, asyncio.timeout(LIMIT_S):
        await view.write(happened(ACCEPTED, stored(*range(2000))), TOPIC, {0: 2})
        while (tmp_path / "view.sqlite").stat().st_size < 100_000:
            await asyncio.sleep(0.01)


async def test_a_batch_folded_again_changes_nothing(tmp_path: Path) -> None:
    batch = happened(ACCEPTED, stored(1, 2), stored(2, 3))
    async with view_in(tmp_path) as view:
        await view.write(batch, TOPIC, {0: 3})
        once = await view.ask(queries.job, JOB)
        await view.write(batch, TOPIC, {0: 3})

        assert await view.ask(queries.job, JOB) == once


async def test_events_and_offsets_are_kept_together(tmp_path: Path) -> None:
    """A batch that cannot be folded to its end leaves neither its events nor its offsets."""

    def broken() -> Iterator[Happened]:
        yield from happened(ACCEPTED)
        raise ValueError("a record that no one foresaw")

    async with view_in(tmp_path) as view:
        with pytest.raises(ValueError, match="no one foresaw"):
            await view.write(broken(), TOPIC, {0: 1})

        assert await view.ask(queries.job, JOB) is None
        assert await view.ask(queries.offsets, TOPIC) == {}


async def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    async with view_in(tmp_path) as view:
        await view.write(happened(ACCEPTED, stored(1)), TOPIC, {0: 2, 3: 7})
    async with view_in(tmp_path) as view:
        job = await view.ask(queries.job, JOB)

        assert job is not None
        assert job.stored == 1
        assert await view.ask(queries.offsets, TOPIC) == {0: 2, 3: 7}


async def test_offsets_never_go_back(tmp_path: Path) -> None:
    async with view_in(tmp_path) as view:
        await view.write([], TOPIC, {0: 5})
        await view.write([], TOPIC, {0: 3})

        assert await view.ask(queries.offsets, TOPIC) == {0: 5}


async def test_nothing_is_added_to_a_job_that_is_over(tmp_path: Path) -> None:
    async with view_in(tmp_path) as view:
        await view.write(happened(ACCEPTED, stored(1, 2, 3), FINISHED, stored(4)), TOPIC, {0: 4})
        found, _ = await view.ask(outcomes.page, JOB, limit=10)
        lines = await view.ask(queries.log_lines, JOB, 10)

    assert len(found) == 3
    assert [line.message.split()[0] for line in lines] == ["Accepted:", "Completed:"]


async def test_a_request_alone_makes_a_job(tmp_path: Path) -> None:
    request = ScanRequest(directory_path="/photos", collection="c")
    async with view_in(tmp_path) as view:
        await view.write([Requested(JOB, request, 5.0)], "ingest", {0: 1})
        job = await view.ask(queries.job, JOB)

    assert job is not None
    assert (job.accepted, job.directory_path, job.created_at) == (False, "/photos", 5.0)


@pytest.mark.parametrize("content", [b"this is no database", b"SQLite format 3\0" + bytes(5000)])
async def test_a_damaged_file_is_built_anew(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "view.sqlite").write_bytes(content)

    with caplog.at_level(logging.WARNING):
        async with view_in(tmp_path) as view:
            assert await view.ask(queries.offsets, TOPIC) == {}

    assert "rebuilt" in caplog.text


async def test_a_file_whose_pages_are_damaged_is_built_anew(tmp_path: Path) -> None:
    async with view_in(tmp_path) as view:
        await view.write(happened(ACCEPTED, stored(*range(500))), TOPIC, {0: 2})
    path = tmp_path / "view.sqlite"
    data = bytearray(path.read_bytes())
    data[8192:40960] = b"\xff" * (40960 - 8192)
    path.write_bytes(data)

    async with view_in(tmp_path) as view:
        assert await view.ask(queries.offsets, TOPIC) == {}


async def test_a_file_of_another_version_or_cluster_is_built_anew(tmp_path: Path) -> None:
    async with view_in(tmp_path) as view:
        await view.write([], TOPIC, {0: 5})
    async with view_in(tmp_path, source="other/") as view:
        assert await view.ask(queries.offsets, TOPIC) == {}
        await view.write([], TOPIC, {0: 6})
    with sqlite3.connect(tmp_path / "view.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    async with view_in(tmp_path, source="other/") as view:
        assert await view.ask(queries.offsets, TOPIC) == {}


@settings(max_examples=25)
@given(
    st.lists(st.lists(st.integers(0, 15), max_size=8), min_size=1, max_size=10),
    st.lists(st.integers(1, 4), max_size=10),
)
def test_the_cut_into_batches_makes_no_difference(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[int]], cuts: list[int]
) -> None:
    batch = happened(ACCEPTED, *(stored(*names) for names in files))
    whole = open_view(tmp_path_factory.mktemp("whole") / "view.sqlite", "s")
    parts = open_view(tmp_path_factory.mktemp("parts") / "view.sqlite", "s")
    try:
        writer.write(whole, batch, TOPIC, {0: len(batch)})
        start = 0
        for cut in [*cuts, len(batch)]:
            # Each part begins one record back: replays are part of life.
            writer.write(parts, batch[max(0, start - 1) : start + cut], TOPIC, {0: start + cut})
            start += cut

        assert queries.job(whole, JOB) == queries.job(parts, JOB)
        assert outcomes.page(whole, JOB, limit=99) == outcomes.page(parts, JOB, limit=99)
    finally:
        whole.close()
        parts.close()


async def test_reading_does_not_wait_for_a_batch_being_folded(tmp_path: Path) -> None:
    events = [stored(*range(start, start + 500)) for start in range(0, 20_000, 500)]
    async with view_in(tmp_path) as view:
        writing_all = asyncio.create_task(view.write(happened(ACCEPTED, *events), TOPIC, {0: 41}))
        started = time.perf_counter()
        while not writing_all.done():
            await view.ask(queries.job, JOB)
            longest = time.perf_counter() - started
            started = time.perf_counter()
            assert longest < 0.5
            await asyncio.sleep(0.01)
        await writing_all
        job = await view.ask(queries.job, JOB)

    assert job is not None
    assert job.stored == 20_000


@pytest.mark.parametrize("keep", [0, 100, 5000])
async def test_a_file_that_was_cut_short_is_built_anew(
    tmp_path: Path, keep: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with view_in(tmp_path) as view:
        await view.write(happened(ACCEPTED, stored(*range(500))), TOPIC, {0: 2})
    path = tmp_path / "view.sqlite"
    path.write_bytes(path.read_bytes()[:keep])
    async with view_in(tmp_path) as view:
        assert await view.ask(queries.offsets, TOPIC) == {}
        await view.write(happened(ACCEPTED, stored(1)), TOPIC, {0: 2})
    assert "rebuilt" in caplog.text


async def test_what_happens_is_folded_while_a_large_job_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "FORGET_FILES", 500)
    lots = [stored(*range(first, first + 100)) for first in range(0, 20_000, 100)]
    async with view_in(tmp_path) as view:
        await view.write(happened(ACCEPTED, *lots, FINISHED), TOPIC, {0: 202})
        forgetting = asyncio.create_task(view.forget(2e9))
        await asyncio.sleep(0)
        await view.write([Requested(str(uuid4()), ScanRequest(directory_path="/p"), 5.0)], "ingest", {0: 1})

        assert not forgetting.done()
        assert await forgetting == 20_000 + 200
        assert await view.ask(outcomes.page, JOB, limit=1) == ([], None)


def bytes_of(connection: sqlite3.Connection) -> int:
    """How large the file is once all of the log is in it, which others copy whenever they come to it."""
    (pages,), (size,) = (
        connection.execute(f"PRAGMA {what}").fetchone() for what in ("page_count", "page_size")
    )
    return int(pages) * int(size)


@pytest.mark.slow
async def test_the_disk_gets_back_what_forgotten_jobs_took(tmp_path: Path) -> None:
    lots = [stored(*range(first, first + 500)) for first in range(0, 20_000, 500)]
    async with view_in(tmp_path) as view:
        await view.write(happened(ACCEPTED, *lots, FINISHED), TOPIC, {0: 42})
        full = await view.ask(bytes_of)
        await view.forget(2e9)
    assert full > 2_000_000
    assert (tmp_path / "view.sqlite").stat().st_size < full / 2


def steps_of(folder: Path, jobs: int, ask: Callable[[sqlite3.Connection], object]) -> int:
    """How many steps of SQLite's machine a question takes in a view of so many finished jobs."""
    connection, steps = open_view(folder / f"{jobs}.sqlite", "s"), 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    rows = [(str(uuid4()), 1.0 * n, 2.0 * n, f"c{n % 3}", msgpack.encode(OF_ANY)) for n in range(jobs)]
    connection.executemany(
        "INSERT INTO jobs (job_id, created_at, finished_at, collection, state, body) "
        "VALUES (?, ?, ?, ?, 'completed', ?)",
        rows,
    )
    connection.set_progress_handler(step, 1)
    ask(connection)
    connection.close()
    return steps


OF_ANY = Job(job_id=JOB, created_at=1.0, updated_at=1.0)


@pytest.mark.parametrize(
    "ask",
    [
        lambda view: queries.jobs(view, JobFilter(), None, 20),
        lambda view: queries.jobs(view, JobFilter("c1"), None, 20),
        lambda view: queries.jobs(view, JobFilter("c1", "failed"), None, 20),
        lambda view: queries.recent(view, 0.0),
        queries.unfinished,
    ],
    ids=["newest", "of a collection", "failed ones", "recent", "unfinished"],
)
def test_what_is_asked_of_jobs_costs_the_same_however_many_there_are(
    tmp_path: Path, ask: Callable[[sqlite3.Connection], object]
) -> None:
    assert steps_of(tmp_path, 2_000, ask) < 1.5 * steps_of(tmp_path, 100, ask)
