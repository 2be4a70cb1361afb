"""The scanner on a real broker: one job from its request to its terminal event."""

import os
import threading
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from libs.common import events
from libs.common.control import CollectionState
from libs.common.errors import Code
from libs.common.events import Accepted, DeadLetter, JobError, Listed, Outcome, StateChanged
from libs.common.kafka import outgoing
from libs.common.messages import File
from libs.common.topics import DEAD_LETTERS, SCANS
from services.scanner.jobs import changelog
from services.scanner.listing import inventory
from tests.support.kafka import records_of
from tests.support.scanning import COLLECTION, Bench, Reporter, id_in, open_reporter, photos, stored
from tests.support.waiting import LIMIT_S, eventually, until


async def test_a_job_completes_with_the_right_counts(world: Bench, tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", 30)
    (folder / "notes.txt").write_text("not a photo")
    (folder / ".hidden.jpg").write_bytes(b"x")
    photos(folder / "sub", 20, start=100)
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()) as stage:
        job = await world.request(folder)
        end = await world.finished(job)
    assert (end.state, end.total, end.stored, end.failed, end.skipped, end.ignored) == (
        "completed", 51, 50, 0, 1, 1,
    )  # fmt: skip
    assert len(stage.seen) == 50
    assert world.kinds(job) == {"stored": 50, "skipped": 1}
    (refused,) = [o for o in world.outcomes(job).values() if o.outcome == "skipped"]
    assert (refused.code, refused.error, refused.details) == (
        Code.UNSUPPORTED_TYPE, "Skipped non-image file", "File type not supported",
    )  # fmt: skip
    assert isinstance(world.of(job)[0], Accepted)
    assert world.has(job, Listed, found=51, ignored=1, bytes=50, complete=True)


async def test_a_phone_s_library_ends_without_a_failure(world: Bench, tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", 3)
    for name in (
        "IMG_1.jpg.json",
        "IMG_1.jpg.supplemental-metadata.json",
        "IMG_1.AAE",
        "IMG_1.xmp",
        "metadata.json",
    ):
        (folder / name).write_text("{}")
    for name in ("IMG_2.MOV", "notes.pdf", "archive_browser.html", "user-generated-memory-titles.json"):
        (folder / name).write_text("x")
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        job = await world.request(folder)
        end = await world.finished(job)
    assert (end.state, end.failed, end.ignored) == ("completed", 0, 5)
    skipped = [each for each in world.outcomes(job).values() if each.outcome == "skipped"]
    assert {each.code for each in skipped} == {Code.UNSUPPORTED_TYPE}
    (listed,) = [event for event in world.of(job) if isinstance(event, Listed) and event.complete]
    assert {(rule.rule, rule.count) for rule in listed.ignored_by} == {("sidecar", 5)}


async def test_the_changelog_ends_terminal_beside_its_ingest_record(world: Bench, tmp_path: Path) -> None:
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        job = await world.request(photos(tmp_path / "photos", 3), job_id=id_in(2))
        await world.finished(job)
        await until(lambda: not list((tmp_path / "data" / "spool").iterdir()))
    records = await records_of(world.connection, SCANS)
    assert {record.partition for record in records} == {2}
    last = changelog.decode(records[-1].value)
    assert (last.job_id, last.state, last.collection) == (job, "completed", COLLECTION)


async def test_no_more_than_the_window_is_in_flight(world: Bench, tmp_path: Path) -> None:
    async with world.scanner(tmp_path / "data"), world.stage(Reporter()) as stage:
        job = await world.request(photos(tmp_path / "photos", 300))
        await until(lambda: world.has(job, Listed, complete=True) and len(stage.seen) >= 64)
        assert len(stage.seen) == 64
        stage.gate.set()
        assert (await world.finished(job)).stored == 300


async def test_the_same_request_again_does_nothing_and_another_is_a_dead_letter(
    world: Bench, tmp_path: Path
) -> None:
    folder, job_id = photos(tmp_path / "photos", 5), uuid4()
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()) as stage:
        job = await world.request(folder, job_id=job_id)
        await world.finished(job)
        await world.request(folder, job_id=job_id)
        await world.request(folder, job_id=job_id, force=True)
        other = await world.request(folder, partition=0)
        await world.finished(other)
        dead_letters = await _letters(world, 1)
    assert [dead_letter.code for dead_letter in dead_letters] == [Code.DUPLICATE_JOB_ID]
    assert len([file for file in stage.seen if file.job_id == job]) == 5
    assert len([event for event in world.of(job) if isinstance(event, Accepted)]) == 1
    assert (await world.finished(job)).stored == 5


@pytest.mark.slow
async def test_one_job_id_under_two_keys_is_one_job(world: Bench, tmp_path: Path) -> None:
    folder, job_id = photos(tmp_path / "photos", 5), uuid4()
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()) as stage:
        for partition in range(4):
            await world.request(folder, job_id=job_id, partition=partition)
        await world.finished(str(job_id))
        last = await world.request(folder)
        await world.finished(last)
    assert len([file for file in stage.seen if file.job_id == str(job_id)]) == 5
    assert len([event for event in world.of(str(job_id)) if isinstance(event, Accepted)]) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [b"not json", b"{}", b'{"directory_path": "/x", "job_id": "7"}', b'{"directory_path":"/x","version":9}'],
)
async def test_a_bad_request_is_a_dead_letter_and_the_next_one_goes_on(
    world: Bench, tmp_path: Path, body: bytes
) -> None:
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        await world.send(body, partition=1)
        job = await world.request(photos(tmp_path / "photos", 2), partition=1)
        assert (await world.finished(job)).state == "completed"
    (dead_letter,) = await _letters(world, 1)
    assert (dead_letter.code, dead_letter.partition, dead_letter.offset, dead_letter.body) == (
        Code.UNDECODABLE_RECORD, 1, 0, body,
    )  # fmt: skip


async def _letters(world: Bench, count: int) -> list[DeadLetter]:
    """The dead letters, once there are so many: they are written next to other jobs."""
    records = await eventually(
        lambda: records_of(world.connection, DEAD_LETTERS), lambda found: len(found) >= count
    )
    assert len(records) == count
    return [events.decode(record.value, DeadLetter) for record in records]


async def test_jobs_that_can_only_fail_are_accepted_and_say_why(world: Bench, tmp_path: Path) -> None:
    photos(tmp_path / "roots", 1)
    roots: dict[str, Any] = {"scan_roots": (tmp_path / "roots",), "upload_dir": tmp_path / "uploads"}
    async with world.scanner(tmp_path / "data", **roots):
        gone = await world.request(tmp_path / "roots", collection="unheard-of")
        missing = await world.request(tmp_path / "roots" / "nothing")
        outside = await world.request(tmp_path)
        unknown = await world.request(retry_of=uuid4())
        codes = [(await world.finished(job)).code for job in (gone, missing, outside, unknown)]
    assert codes == [
        Code.COLLECTION_GONE, Code.DIRECTORY_NOT_FOUND, Code.OUTSIDE_ROOTS, Code.NOTHING_TO_RETRY,
    ]  # fmt: skip
    assert all(isinstance(world.of(job)[0], Accepted) for job in (gone, missing, outside, unknown))


async def test_a_request_without_collection_or_id_goes_to_the_active_one(
    world: Bench, tmp_path: Path
) -> None:
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()) as stage:
        await world.request(photos(tmp_path / "photos", 2), job_id=None, collection=None)
        await until(lambda: len(stage.seen) == 2)
        (job,) = {file.job_id for file in stage.seen}
        await world.finished(job)
    assert {(file.collection, file.generation) for file in stage.seen} == {(COLLECTION, "g1")}


async def test_pause_stops_emission_and_resume_goes_on(world: Bench, tmp_path: Path) -> None:
    async with world.scanner(tmp_path / "data"), world.stage(Reporter()) as stage:
        job = await world.request(photos(tmp_path / "photos", 200))
        await until(lambda: len(stage.seen) == 64)
        await world.command(job, "pause")
        await until(lambda: world.has(job, StateChanged, state="paused"))
        stage.gate.set()
        await until(lambda: world.kinds(job)["stored"] == 64)
        other = await world.request(tmp_path / "photos" / "00000.jpg")
        assert (await world.finished(other)).total == 1
        assert len([file for file in stage.seen if file.job_id == job]) == 64
        await world.command(job, "resume")
        assert (await world.finished(job)).stored == 200
    assert world.has(job, StateChanged, state="running")


async def test_cancel_skips_what_was_not_emitted_and_waits_for_what_was(world: Bench, tmp_path: Path) -> None:
    async with world.scanner(tmp_path / "data"), world.stage(Reporter()) as stage:
        job = await world.request(photos(tmp_path / "photos", 200))
        await until(lambda: len(stage.seen) == 64 and world.has(job, Listed, complete=True))
        await world.command(job, "cancel")
        await until(lambda: world.kinds(job)["skipped"] == 136)
        stage.gate.set()
        end = await world.finished(job)
    assert (end.state, end.total, end.stored, end.skipped) == ("cancelled", 200, 64, 136)
    assert world.has(job, StateChanged, state="cancelling")


@pytest.mark.slow
async def test_a_cancel_waits_only_so_long(world: Bench, tmp_path: Path) -> None:
    async with (
        world.scanner(tmp_path / "data", scanner_end_seconds=0.5),
        world.stage(Reporter()) as stage,
    ):
        job = await world.request(photos(tmp_path / "photos", 10))
        await until(lambda: len(stage.seen) == 10)
        await world.command(job, "cancel")
        end = await world.finished(job)
    assert (end.state, end.total, end.skipped) == ("cancelled", 10, 10)


async def test_what_no_file_can_escape_ends_the_job(world: Bench, tmp_path: Path) -> None:
    async with world.scanner(tmp_path / "data"), world.stage(Reporter()) as stage:
        job = await world.request(photos(tmp_path / "photos", 100))
        await until(lambda: len(stage.seen) == 64 and world.has(job, Listed, complete=True))
        error = JobError(job_id=job, code=Code.MODEL_MISMATCH, error="filled by another model")
        await _tell(world, error)
        await until(lambda: world.kinds(job)["failed"] == 36)
        stage.gate.set()
        end = await world.finished(job)
    assert (end.state, end.code, end.error) == ("failed", Code.MODEL_MISMATCH, "filled by another model")
    assert (end.total, end.stored, end.failed) == (100, 64, 36)


async def test_a_collection_that_is_deleted_ends_its_jobs(world: Bench, tmp_path: Path) -> None:
    async with world.scanner(tmp_path / "data"), world.stage(Reporter()) as stage:
        job = await world.request(photos(tmp_path / "photos", 70))
        await until(lambda: len(stage.seen) == 64)
        await world.state(CollectionState(name=COLLECTION, generation="g2"))
        stage.gate.set()
        end = await world.finished(job)
    assert (end.state, end.code) == ("failed", Code.COLLECTION_GONE)
    assert end.total == end.stored + end.failed


async def test_a_retry_takes_the_failed_files_of_the_codes_and_misses_those_that_are_gone(
    world: Bench, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "photos", 6)
    wrong = {"00001.jpg": Code.DECODE_FAILED, "00002.jpg": Code.DECODE_FAILED, "00003.jpg": Code.TOO_LARGE}

    def outcome_of(file: File) -> Outcome:
        code = wrong.get(Path(file.file).name)
        if code is None:
            return stored(file)
        return Outcome(file_id=file.file_id, file=file.file, outcome="failed", code=code)

    stage = open_reporter()
    stage.outcome_of = outcome_of
    async with world.scanner(tmp_path / "data"), world.stage(stage):
        job = await world.request(folder)
        assert (await world.finished(job)).failed == 3
        wrong.clear()
        stage.seen.clear()
        (folder / "00002.jpg").unlink()
        retry = await world.request(retry_of=job, codes=(Code.DECODE_FAILED,))
        end = await world.finished(retry)
        assert stage.names == {"00001.jpg"}
        again = await world.finished(await world.request(retry_of=retry, codes=(Code.TOO_LARGE,)))
    assert (end.state, end.total, end.stored, end.failed) == ("completed", 2, 1, 1)
    assert {o.code for o in world.outcomes(retry).values()} == {None, Code.FILE_VANISHED}
    assert (again.state, again.code) == ("failed", Code.NOTHING_TO_RETRY)


@pytest.mark.slow
async def test_a_retry_sends_what_was_listed_while_it_lists_on(
    world: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, stage, went_on = photos(tmp_path / "photos", 4), open_reporter(), threading.Event()
    read, chunks = inventory._read_chunk, 0

    def read_then_wait(*arguments: Any) -> Any:
        nonlocal chunks
        chunks += 1
        assert chunks == 1 or went_on.wait(LIMIT_S)
        return read(*arguments)

    stage.outcome_of = lambda file: Outcome(
        file_id=file.file_id, file=file.file, outcome="failed", code=Code.DECODE_FAILED
    )
    async with world.scanner(tmp_path / "data"), world.stage(stage):
        job = await world.request(folder)
        await world.finished(job)
        stage.seen.clear()
        monkeypatch.setattr(inventory, "CHUNK_FILES", 2)
        monkeypatch.setattr(inventory, "_read_chunk", read_then_wait)
        retry = await world.request(retry_of=job)
        await until(lambda: len(stage.names) == 2)
        went_on.set()
        end = await world.finished(retry)
    assert (end.state, end.total) == ("completed", 4)


@pytest.mark.slow
async def test_a_retry_of_one_code_goes_on_with_the_next_scanner_and_so_does_its_own_retry(
    world: Bench, tmp_path: Path
) -> None:
    wrong, stage = {"0": Code.DECODE_FAILED, "1": Code.TOO_LARGE}, open_reporter()

    def outcome_of(file: File) -> Outcome:
        code = wrong.get(str(int(Path(file.file).stem) % 3))
        if code is None:
            return stored(file)
        return Outcome(file_id=file.file_id, file=file.file, outcome="failed", code=code)

    stage.outcome_of = outcome_of
    async with world.stage(stage):
        async with world.scanner(tmp_path / "data"):
            job = await world.request(photos(tmp_path / "photos", 900))
            assert (await world.finished(job)).failed == 600
            stage.seen.clear()
            stage.gate.clear()
            retry = await world.request(retry_of=job, codes=(Code.DECODE_FAILED,))
            await until(lambda: len(stage.seen) >= 64)
        stage.gate.set()
        async with world.scanner(tmp_path / "data"):
            first = await world.finished(retry)
            wrong.clear()
            second = await world.finished(await world.request(retry_of=retry))
    assert (first.state, first.total, first.failed) == ("completed", 300, 300)
    assert (second.state, second.total, second.stored) == ("completed", 300, 300)


@pytest.mark.slow
async def test_a_retry_lists_a_folder_that_could_not_be_read(world: Bench, tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", 2)
    album, empty = folder / "album", folder / "empty"
    # What also stands for a folder that root, as whom tests may run, cannot read.
    for link in (album, empty):
        link.symlink_to(tmp_path / "not mounted")
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()) as stage:
        job = await world.request(folder)
        assert (await world.finished(job)).failed == 2
        for link in (album, empty):
            link.unlink()
        photos(album / "deep", 3, start=10)
        empty.mkdir()
        stage.seen.clear()
        retry = await world.request(retry_of=job)
        end = await world.finished(retry)
    assert stage.names == {"00010.jpg", "00011.jpg", "00012.jpg"}
    assert (end.state, end.total, end.stored, end.failed) == ("completed", 3, 3, 0)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
async def test_a_retry_takes_the_photos_of_a_folder_that_may_be_read_by_now(
    world: Bench, tmp_path: Path
) -> None:
    album = photos(tmp_path / "photos/album", 3)
    album.chmod(0)
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        job = await world.request(tmp_path / "photos")
        assert (await world.finished(job)).failed == 1
        album.chmod(0o700)
        end = await world.finished(await world.request(retry_of=job))
    assert (end.total, end.stored, end.failed) == (3, 3, 0)


async def _tell(world: Bench, event: JobError) -> None:
    await world.publisher.publish([outgoing.event(event)])
