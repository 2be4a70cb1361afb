from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common import events, ids, messages
from libs.common.control import CollectionState
from libs.common.errors import Code, FileError, SluiceError
from libs.common.events import ScanRequest
from libs.common.points.fields import Fields
from libs.common.points.payload import VERSION
from libs.common.sources.entries import Found, Rejected
from libs.common.topics import PATHS
from services.scanner.jobs import changelog
from services.scanner.jobs.changelog import JobRecord, Refusal, fingerprint
from services.scanner.jobs.endings import CANCELLED, Ending, accepted, ending_of
from services.scanner.jobs.files import left_over, path_record, rejected, shown, spooled
from services.scanner.jobs.request import Origin, accept, below_upload, is_repeat, job_id_of
from services.scanner.jobs.unchanged import is_unchanged
from services.scanner.listing.entries import Spooled

ORIGIN = Origin("ingest", 3, 17, 5, 99)
JOB = "7b0c3f0e-8d0b-4a49-a9a1-2f0b0e6a1c11"
MODEL = "lite-1"


class Facts:
    def __init__(self, active: str | None = None, **generations: str) -> None:
        self._active = active
        self._generations = generations

    def active(self) -> str | None:
        return self._active

    def collection(self, name: str) -> CollectionState | None:
        generation = self._generations.get(name)
        if generation is None:
            return None
        return CollectionState(name=name, generation=generation, cache_cleared_at=50.0)


def request(**fields: Any) -> ScanRequest:
    return ScanRequest(**({"directory_path": "/photos", "collection": "holiday"} | fields))


def record(**fields: Any) -> JobRecord:
    return accept(JOB, request(**fields), ORIGIN, Facts(holiday="g1"), b"/photos")


def test_the_files_of_an_upload_are_shown_without_its_folder() -> None:
    folder = f"/uploads/{JOB}"
    job = accept(JOB, request(directory_path=folder), ORIGIN, Facts(holiday="g1"), folder.encode())

    upload, other = below_upload(job, b"/uploads"), below_upload(job, b"/elsewhere")
    path = f"{folder}/sub/b.png".encode()

    assert (shown(upload, path), shown(other, path)) == ("sub/b.png", f"{folder}/sub/b.png")


def test_a_job_takes_what_the_collection_is_now() -> None:
    job = record()
    assert (job.collection, job.generation, job.cache_cleared_at, job.root) == (
        "holiday", "g1", 50.0, b"/photos",
    )  # fmt: skip
    assert (job.partition, job.offset, job.status_partition, job.status_offset) == (3, 17, 5, 99)
    assert job.refusal is None


def test_a_request_without_a_collection_goes_to_the_active_one() -> None:
    job = accept(JOB, request(collection=None), ORIGIN, Facts("summer", summer="g2"), b"/photos")
    assert (job.collection, job.generation) == ("summer", "g2")


@pytest.mark.parametrize(
    ("facts", "collection", "source", "code"),
    [
        (Facts(), None, b"/photos", Code.NO_COLLECTION_SELECTED),
        (Facts(), "holiday", b"/photos", Code.COLLECTION_GONE),
        (Facts("holiday"), None, b"/photos", Code.COLLECTION_GONE),
        (
            Facts(holiday="g1"),
            "holiday",
            Refusal(code=Code.OUTSIDE_ROOTS, error="outside"),
            Code.OUTSIDE_ROOTS,
        ),
    ],
)
def test_a_job_that_can_only_fail_is_accepted_with_the_reason(
    facts: Facts, collection: str | None, source: bytes | Refusal, code: Code
) -> None:
    job = accept(JOB, request(collection=collection), ORIGIN, facts, source)
    ending = ending_of(job, facts)
    assert ending is not None
    assert (ending.state, ending.code) == ("failed", code)


def test_a_retry_goes_where_its_first_attempt_went() -> None:
    requested = ScanRequest(retry_of=UUID(JOB), collection="elsewhere")
    job = accept("other", requested, ORIGIN, Facts(holiday="g1", elsewhere="g3"), record())
    assert (job.collection, job.root, job.refusal) == ("holiday", b"/photos", None)


@pytest.mark.parametrize(("hint", "kept"), [(None, ORIGIN.status_offset), (3, 3)])
def test_a_retry_keeps_where_the_job_that_it_retries_begins(hint: int | None, kept: int) -> None:
    requested = ScanRequest(retry_of=UUID(JOB), retry_from=hint)
    job = accept("other", requested, ORIGIN, Facts(holiday="g1"), record())
    assert job.request.retry_from == kept
    assert job.fingerprint == fingerprint(requested)


def test_the_end_of_a_retry_is_reported_where_that_of_its_first_attempt_was() -> None:
    first = record(callback_url="https://hooks.example.com/")
    assert accepted(first).callback_url == "https://hooks.example.com/"
    requested, other = ScanRequest(retry_of=UUID(JOB)), "https://other.example.com/"
    again = accept("other", requested, ORIGIN, Facts(holiday="g1"), first)
    named = ScanRequest(retry_of=UUID(JOB), callback_url=other)
    elsewhere = accept("other", named, ORIGIN, Facts(holiday="g1"), first)
    assert accepted(again).callback_url == "https://hooks.example.com/"
    assert accepted(elsewhere).callback_url == other


def test_a_retry_of_a_job_without_files_has_nothing_to_do() -> None:
    refused = accept(JOB, request(collection=None), ORIGIN, Facts(), b"/photos")
    job = accept("other", ScanRequest(retry_of=UUID(JOB)), ORIGIN, Facts("holiday", holiday="g1"), refused)
    assert job.refusal is not None


def test_a_collection_made_anew_ends_the_job_of_the_old_one() -> None:
    assert ending_of(record(), Facts(holiday="g1")) is None
    ending = ending_of(record(), Facts(holiday="g2"))
    assert ending is not None
    assert ending.code is Code.COLLECTION_GONE


def test_a_request_without_an_id_is_named_by_its_place() -> None:
    assert job_id_of(request(), "ingest", 1, 2) == job_id_of(request(), "ingest", 1, 2)
    assert job_id_of(request(), "ingest", 1, 2) != job_id_of(request(), "ingest", 1, 3)
    assert job_id_of(request(job_id=UUID(JOB)), "ingest", 1, 2) == JOB


def test_the_same_request_again_is_a_repeat_and_another_is_refused() -> None:
    known = {JOB: fingerprint(request())}
    assert not is_repeat("another", request(), known)
    assert is_repeat(JOB, request(job_id=UUID(JOB)), known)
    with pytest.raises(SluiceError) as refused:
        is_repeat(JOB, request(force=True), known)
    assert refused.value.code is Code.DUPLICATE_JOB_ID


@given(st.booleans(), st.booleans(), st.booleans(), st.text(max_size=20), st.integers(0, 2**60))
def test_a_job_record_survives_the_changelog(
    force: bool, caption: bool, recursive: bool, path: str, offset: int
) -> None:
    requested = ScanRequest(directory_path=path, force=force, caption=caption, recursive=recursive)
    origin = Origin("ingest", 3, offset, 5, 99)
    job = accept(JOB, requested, origin, Facts("holiday", holiday="g1"), path.encode())
    entry = changelog.entry(job)
    assert entry.partition == 3
    assert changelog.decode(entry.value or b"") == job


def test_a_broken_job_record_is_an_error_with_a_code() -> None:
    with pytest.raises(SluiceError) as broken:
        changelog.decode(b"\xff\xff")
    assert broken.value.code is Code.UNDECODABLE_RECORD


def test_listing_entries_become_files_of_the_job() -> None:
    job, path = record(), b"/photos/\xff.jpg"
    file = spooled(job, Found(path, 10, 20, 30))
    assert file == Spooled(file_id=ids.file_id("holiday", path), path=path, size=10, mtime_ns=20, ctime_ns=30)


def test_a_path_record_carries_the_bytes_and_shows_a_name() -> None:
    file = spooled(record(force=True), Found(b"/photos/\xff.jpg", 10, 20, 30))
    outgoing = path_record(record(force=True), file)
    body = messages.decode(outgoing.value or b"", messages.PathRecord).file
    assert (outgoing.topic, outgoing.key, outgoing.file_id) == (PATHS, JOB, file.file_id)
    assert (body.path, body.file) == (b"/photos/\xff.jpg", "/photos/\\xff.jpg")
    assert (body.size, body.mtime_ns, body.ctime_ns) == (10, 20, 30)
    assert (body.generation, body.force, body.cache_cleared_at) == ("g1", True, 50.0)


def test_what_is_no_picture_is_skipped_with_the_words_that_clients_know() -> None:
    error = FileError(Code.UNSUPPORTED_TYPE, "Skipped non-image file")
    file = spooled(record(), Rejected(b"/photos/a.txt", error, "File type not supported"))
    assert file is not None
    assert rejected(record(), file) == events.Outcome(
        file_id=file.file_id,
        file="/photos/a.txt",
        outcome="skipped",
        code=Code.UNSUPPORTED_TYPE,
        error="Skipped non-image file",
        details="File type not supported",
    )


def test_a_refused_file_is_reported_with_its_reason() -> None:
    error = FileError(Code.PERMISSION_DENIED, "No permission to read the file")
    file = spooled(record(), Rejected(b"/photos/a.jpg", error))
    assert file is not None
    found = rejected(record(), file)
    assert (found.outcome, found.code, found.error) == ("failed", Code.PERMISSION_DENIED, error.detail)


def test_files_left_over_are_skipped_by_a_cancel_and_fail_with_a_failed_job() -> None:
    file = Spooled(file_id="a", path=b"/a.jpg")
    assert left_over(record(), file, CANCELLED).outcome == "skipped"
    failed = left_over(record(), file, Ending("failed", Code.MODEL_MISMATCH, "another model"))
    assert (failed.outcome, failed.code) == ("failed", Code.MODEL_MISMATCH)


FILE = Spooled(file_id="a", path=b"/a.jpg", size=1, mtime_ns=10**9, ctime_ns=2 * 10**9)
POINT = {
    "size": 1, "mtime_ns": 10**9, "ctime_ns": 2 * 10**9, "generation": "g1", "model": MODEL,
    "stored_at": 100.0, "has_caption": True, "payload_version": VERSION,
}  # fmt: skip


def test_an_untouched_file_is_unchanged() -> None:
    assert is_unchanged(record(), FILE, Fields(POINT), MODEL)


@pytest.mark.parametrize(
    "difference",
    [
        {"size": 2},
        {"mtime_ns": 5},
        {"ctime_ns": 5},
        {"generation": "g0"},
        {"model": "other"},
        {"stored_at": 49.0},
        {"stored_at": 50.0},
        {"stored_at": None},
        {"has_caption": False},
        {"payload_version": VERSION - 1},
        {"payload_version": None},
    ],
)
def test_any_difference_means_processing_again(difference: dict[str, Any]) -> None:
    assert not is_unchanged(record(), FILE, Fields(POINT | difference), MODEL)


@pytest.mark.parametrize(
    ("requested", "stored", "unchanged"),
    [({"year": 2024}, None, False), ({"year": 2024}, {"year": 2024}, True), ({}, {"year": 2024}, True)],
)
def test_other_metadata_means_processing_again(
    requested: dict[str, Any], stored: dict[str, Any] | None, unchanged: bool
) -> None:
    job = record(metadata=requested)
    assert is_unchanged(job, FILE, Fields(POINT | {"meta": stored}), MODEL) is unchanged


def test_a_point_of_another_program_means_processing_again() -> None:
    assert not is_unchanged(record(), FILE, Fields({}), MODEL)


def test_no_caption_is_missed_where_none_was_asked_for() -> None:
    assert is_unchanged(record(caption=False), FILE, Fields(POINT | {"has_caption": False}), MODEL)


def test_a_file_written_just_before_it_was_stored_may_have_been_written_again() -> None:
    fresh = Spooled(file_id="a", path=b"/a.jpg", size=1, mtime_ns=99 * 10**9, ctime_ns=2 * 10**9)
    assert not is_unchanged(record(), fresh, Fields(POINT | {"mtime_ns": 99 * 10**9}), MODEL)
