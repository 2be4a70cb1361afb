"""Records one message of each kind that a release writes: `python -m scripts.record_corpus FOLDER`.

Done once a release, into tests/corpus/<release>; what is there is never written again, since it stands for
what lies on the topics of those who still run that release.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct

from libs.common import control, events, messages
from libs.common.errors import Code
from scripts.schemas import schemas, text
from services.scanner.jobs.changelog import JobRecord, Refusal, fingerprint

_AT = datetime(2026, 1, 2, 3, 4, 5, 600_000, UTC)
_JOB = UUID("a5502559-d7c1-4b4d-a83b-b557ad5590c6")
_EARLIER = UUID("0d9c3c29-3a51-4a2f-9a4c-1f0b8f6b8e11")
_FILE = "5f1c9a50-51c4-5dd3-8f2e-0f5a3c0b7d42"
_EXISTING = "b2a8c7aa-2f40-5b0e-9d59-7d6f2e1a4c33"


def internal() -> Iterator[Struct]:
    """Bodies in msgpack."""
    file = messages.File(
        job_id=str(_JOB), file_id=_FILE, collection="holiday", generation="g1",
        path=b"/photos/stra\xdfe.jpg", file="/photos/stra\\xdfe.jpg", size=2_800_000,
        mtime_ns=1_767_323_045_600_000_000, ctime_ns=1_767_323_045_700_000_000,
        force=True, caption=False, cache_cleared_at=1_767_000_000.5,
    )  # fmt: skip
    content = messages.Content(
        sha256="ab" * 32, width=4000, height=3000, format="JPEG", mode="RGB",
        exif={"Image Make": "Sluice", "GPS GPSLatitude": "[52, 31, 12]"}, thumbnail=b"\xff\xd8thumbnail",
    )  # fmt: skip
    inference = messages.Inference(
        embedding=b"\x00\x00\x80?\x00\x00\x00\x00", model="lite-1", caption="a street", tags=("street", "day")
    )
    yield messages.PathRecord(file=file)
    yield messages.ImageRecord(file=file, content=content, jpeg=b"\xff\xd8picture")
    yield messages.PointRecord(file=file, content=content, inference=inference, source="batch_ml")
    request = events.ScanRequest(job_id=_JOB, directory_path="/photos", collection="holiday", force=True)
    yield JobRecord(
        job_id=str(_JOB), request=request, fingerprint=fingerprint(request), partition=2, offset=41,
        status_partition=3, status_offset=1234, collection="holiday", generation="g1",
        cache_cleared_at=1_767_000_000.5, root=b"/photos", state="failed", finished_at=1_767_323_099.0,
        refusal=Refusal(code=Code.DIRECTORY_NOT_FOUND, error="there is no file or folder /photos"),
    )  # fmt: skip
    yield messages.RemovedRecord(
        job_id=str(_JOB), collection="holiday", generation="g1",
        ids=(_FILE,), payloads=({"filename": "a.jpg"},), vectors=(b"\x00\x00\x80?",),
    )  # fmt: skip
    yield messages.TaskRecord(
        task_id=str(_JOB), kind="find_similar", collection="holiday", generation="g1",
        params={"threshold": 0.98, "limit_per_image": 10, "mode": "strict"},
    )  # fmt: skip


def public() -> Iterator[Struct]:
    """Bodies in JSON that others may read or write."""
    yield events.ScanRequest(
        job_id=_JOB,
        directory_path="/photos",
        collection="holiday",
        force=True,
        caption=False,
        recursive=False,
    )
    yield events.JobSnapshot(
        job_id=str(_JOB), collection="holiday", state="failed", as_of=77, created_at=_AT, updated_at=_AT,
        finished_at=_AT, error_counts={"decode_failed": 1}, code=Code.MODEL_MISMATCH, error="another model",
        counts=events.Counts(total=6, stored=3, from_cache=1, failed=2, skipped=1, ignored=4, in_flight=5),
    )  # fmt: skip
    yield events.Heartbeat(
        instance="scanner-a",
        stage="scanner",
        release="0.1.0",
        state="waiting",
        reason="Kafka is away",
        at=_AT,
    )
    yield events.DeadLetter(
        topic="paths", partition=1, offset=9, code=Code.UNDECODABLE_RECORD, error="not a PathRecord", at=_AT,
        key=b"\xff key", job_id=str(_JOB), file_id=_FILE, body=b"\x00 rubbish",
    )  # fmt: skip


def reported() -> Iterator[Struct]:
    """Job events, in JSON."""
    job = str(_JOB)
    yield events.Accepted(
        job_id=job, at=_AT, collection="holiday", partition=2, offset=41, retry_of=str(_EARLIER)
    )
    yield events.Rejected(
        job_id=job, at=_AT, topic="ingest", partition=2, offset=42, code=Code.UNDECODABLE_RECORD,
        error="not a scan request",
    )  # fmt: skip
    yield events.Listed(job_id=job, at=_AT, found=6, ignored=4, bytes=12_345, complete=True)
    compared = events.SyncCounts(added=1, changed=2, moved=3, unchanged=5, pending=4, reason="too many")
    yield events.Compared(job_id=job, at=_AT, counts=compared)
    stored = events.Outcome(
        file_id=_FILE, file="/photos/stra\\xdfe.jpg", outcome="stored", source="cache", caption="a street",
        existing_id=_EXISTING,
    )  # fmt: skip
    failed = events.Outcome(
        file_id=_EXISTING, file="/photos/notes.txt", outcome="failed", code=Code.UNSUPPORTED_TYPE,
        error="Skipped non-image file", details="File type not supported",
    )  # fmt: skip
    yield events.Outcomes(job_id=job, at=_AT, items=(stored, failed))
    yield events.StateChanged(job_id=job, at=_AT, state="cancelling")
    yield events.JobError(job_id=job, at=_AT, code=Code.VECTOR_SIZE_MISMATCH, error="512 is not 768")
    yield events.CallbackReported(
        job_id=job, at=_AT, callback=events.Callback(tries=1, at=_AT, error="HTTP 503")
    )
    yield events.Finished(
        job_id=job, at=_AT, state="failed", total=6, stored=3, from_cache=1, failed=2, skipped=1, ignored=4,
        code=Code.VECTOR_SIZE_MISMATCH, error="512 is not 768",
    )  # fmt: skip
    members = (
        events.Member(id=_FILE, score=1.0, filename="a.jpg"),
        events.Member(id=_EXISTING, score=0.99, filename="b.jpg"),
    )
    group = events.SimilarGroup(group_id=_FILE, keeper_id=_FILE, reason="the largest", points=members)
    yield events.TaskEvent(
        job_id=job, at=_AT, kind="find_similar", collection="holiday", state="running", progress=50.0,
        run="r1", place=3, groups=(group,), totals={"groups": 1},
    )  # fmt: skip


def facts() -> Iterator[Struct]:
    """What is on `control`, in JSON."""
    yield control.ActiveCollection(name="holiday", at=_AT)
    yield control.CollectionState(name="holiday", generation="g1", cache_cleared_at=1_767_000_000.5)
    yield control.FilledBy(name="holiday", generation="g1", model="lite-1")
    yield control.JobCommand(job_id=str(_JOB), action="pause", at=_AT)
    yield control.ModelInUse(model="lite-1", dimension=512, has_text=True, batch=32, at=_AT)
    yield control.ListedRoot(path=b"/photos/stra\xdfe")
    yield control.SyncedRoot(collection="holiday", path=b"/photos", place="cifs //nas/photos")
    yield control.LibraryState(
        library_id=str(_JOB), followed_by="scanner-a", watching="polling", scanned_at=1_767_000_000.5,
        job_id=str(_EARLIER), error="there is no file or folder /photos",
    )  # fmt: skip
    yield control.ClusterLabels(name="holiday", labels={0: "beaches", 3: "portraits"})


def files() -> Iterator[tuple[str, bytes]]:
    """Where in the corpus each message lies, and its bytes."""
    for body in internal():
        yield f"internal/{type(body).__name__}.msgpack", msgspec.msgpack.encode(body)
    for folder, bodies in (("public", public()), ("event", reported()), ("control", facts())):
        for body in bodies:
            yield f"{folder}/{type(body).__name__}.json", msgspec.json.encode(body)
    for name, schema in schemas():
        yield f"schemas/{name}.json", text(schema).encode()


def record(folder: Path) -> None:
    """Write the corpus; raises FileExistsError if there is one."""
    folder.mkdir(parents=True)
    for name, content in files():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


def main() -> int:
    """Write the corpus into the folder that is named; the exit status."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: record_corpus.py FOLDER\n")
        return 2
    try:
        record(Path(sys.argv[1]))
    except FileExistsError:
        sys.stderr.write(f"{sys.argv[1]} is there: a release is recorded once\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
