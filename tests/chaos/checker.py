"""Whether what is left behind is what had to be: every violated promise as a sentence."""

from collections.abc import Iterator

import numpy as np

from libs.common.store.protocol import Record
from tests.chaos.jobs import Submitted, counts
from tests.chaos.library import Expected
from tests.chaos.truth import JobTruth, Truth

SHOWN = 5
"""Files named in a complaint, at most."""


def complaints(jobs: list[Submitted], truth: Truth) -> Iterator[str]:
    """What is wrong with the topics and the store."""
    for job in jobs:
        found = truth.jobs.get(job.job_id)
        if found is None:
            yield f"job {job.job_id} left no event"
            continue
        yield from (f"job {job.job_id}: {wrong}" for wrong in _of_job(job, found))
        yield from (f"job {job.job_id}: {wrong}" for wrong in _of_snapshot(job, found, truth))
    unknown = truth.jobs.keys() - {job.job_id for job in jobs}
    if unknown:
        yield f"events of jobs that no one asked for: {sorted(unknown)}"
    for collection, points in truth.points.items():
        expected = {
            file_id: file
            for job in jobs
            if job.folder.collection == collection
            for file_id, file in job.folder.files.items()
            if file.code is None
        }
        yield from (f"collection {collection}: {wrong}" for wrong in _of_points(expected, points))


def lost(jobs: list[Submitted], truth: Truth) -> int:
    """Files without any outcome."""
    return sum(
        len(job.folder.files.keys() - truth.jobs[job.job_id].first.keys())
        if job.job_id in truth.jobs
        else len(job.folder.files)
        for job in jobs
    )


async def gateway_complaints(gateways: list[str], jobs: list[Submitted], truth: Truth) -> list[str]:
    """Where a gateway tells of a job something else than its events."""
    wrong = []
    for job in jobs:
        events = truth.jobs.get(job.job_id)
        want = _tally(events) if events else None
        for gateway in gateways:
            found = await counts(gateway, job.job_id)
            got = (
                None
                if found is None
                else (found[0], *(found[1][name] for name in ("total", "stored", "failed")))
            )
            if got != want:
                wrong.append(f"{gateway} says {got} of job {job.job_id}, its events {want}")
    return wrong


def _tally(job: JobTruth) -> tuple[str, int, int, int]:
    stored = sum(outcome.outcome == "stored" for outcome in job.first.values())
    failed = sum(outcome.outcome == "failed" for outcome in job.first.values())
    state = job.ends[0].state if job.ends else "running"
    return state, len(job.first), stored, failed


def _of_job(job: Submitted, found: JobTruth) -> Iterator[str]:
    if len(found.ends) != 1:
        yield f"{len(found.ends)} terminal events"
    if found.late:
        yield f"{found.late} files got their outcome after the job's end"
    if found.contradicted:
        yield f"{found.contradicted} outcomes contradict an earlier one"
    expected = job.folder.files
    yield from _named("files without an outcome", expected, expected.keys() - found.first.keys())
    if strange := found.first.keys() - expected.keys():
        yield f"{len(strange)} outcomes of files that are not there"
    wrong = {f for f in expected.keys() & found.first.keys() if found.first[f].code != expected[f].code}
    codes = sorted(
        {f"{expected[f].code} became {found.first[f].code}: {found.first[f].error}" for f in wrong}
    )
    yield from _named(f"files with another outcome than theirs ({codes[:3]})", expected, wrong)
    if found.ends:
        end = found.ends[0]
        reported = (end.state, end.total, end.stored, end.failed)
        if reported != _tally(found):
            yield f"its end says {reported}, its outcomes {_tally(found)}"
        if end.state != "completed":
            yield f"it {end.state}: {end.error}"


def _of_snapshot(job: Submitted, found: JobTruth, truth: Truth) -> Iterator[str]:
    snapshot = truth.snapshots.get(job.job_id)
    if snapshot is None:
        yield "no snapshot"
        return
    reported = (snapshot.state, snapshot.counts.total, snapshot.counts.stored, snapshot.counts.failed)
    if reported != _tally(found):
        yield f"its last snapshot says {reported}, its events {_tally(found)}"


def _of_points(expected: dict[str, Expected], points: dict[str, Record]) -> Iterator[str]:
    yield from _named("stored files without a point", expected, expected.keys() - points.keys())
    if phantom := points.keys() - expected.keys():
        yield f"{len(phantom)} points of no stored file"
    wrong = {f for f in expected.keys() & points.keys() if not _is_right(expected[f], points[f])}
    yield from _named("points that are not their file's", expected, wrong)


def _is_right(file: Expected, point: Record) -> bool:
    """The path and the hash are the file's, and the vector has the direction it must have."""
    payload = point.payload or {}
    vector = np.asarray(point.vector or [], np.float64)
    if (payload.get("full_path"), payload.get("file_hash")) != (file.path, file.sha256):
        return False
    length = float(np.linalg.norm(vector))
    return vector.size == len(file.vector) and bool(
        np.allclose(vector / (length or 1.0), file.vector, atol=1e-3)
    )


def _named(what: str, files: dict[str, Expected], wrong: set[str]) -> Iterator[str]:
    if wrong:
        names = ", ".join(files[file_id].path for file_id in sorted(wrong)[:SHOWN])
        yield f"{len(wrong)} {what}: {names}"
