"""Which files of a job are up to date, asked of the store's own engine."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from libs.common.control import ModelInUse
from libs.common.events import ScanRequest, Want
from libs.common.points.payload import VERSION
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Point, Record
from services.scanner.jobs.changelog import JobRecord, fingerprint
from services.scanner.listing.entries import Spooled
from services.scanner.listing.rescan import Rescan

IDS = [f"00000000-0000-0000-0000-00000000000{number}" for number in range(3)]
FILES = [Spooled(file_id=id_, path=b"/a.jpg", size=1, mtime_ns=10**9, ctime_ns=10**9) for id_ in IDS]
PAYLOAD = {
    "size": 1, "mtime_ns": 10**9, "ctime_ns": 10**9, "generation": "g1", "model": "lite", "stored_at": 100.0,
    "has_caption": True, "payload_version": VERSION,
}  # fmt: skip
MODEL = ModelInUse(model="lite", dimension=4, batch=32)


class Counting(EdgeStore):
    """Counts how often points are asked for."""

    requested = 0

    async def retrieve(self, name: str, ids: Sequence[str], **options: Any) -> list[Record]:
        self.requested += 1
        return await super().retrieve(name, ids, **options)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Counting]:
    store = Counting(tmp_path / "store")
    await store.create("photos", 4, "Cosine")
    yield store
    await store.close()


def rescan(store: Counting, want: tuple[Want, ...] = ("embedding",)) -> Rescan:
    request = ScanRequest(directory_path="/photos")
    return Rescan(
        store,
        JobRecord(
            job_id=IDS[0],
            request=request,
            fingerprint=fingerprint(request),
            partition=0,
            offset=0,
            status_partition=0,
            status_offset=0,
            collection="photos",
            generation="g1",
            want=want,
        ),
    )


async def test_stored_files_are_unchanged(store: Counting) -> None:
    await store.upsert("photos", [Point(id_, [1, 0, 0, 0], PAYLOAD) for id_ in IDS[:2]])
    assert set(await rescan(store).unchanged(FILES, MODEL)) == set(IDS[:2])


async def test_a_collection_that_was_empty_at_first_is_not_asked(store: Counting) -> None:
    job = rescan(store)
    assert set(await job.unchanged(FILES, MODEL)) == set()
    await store.upsert("photos", [Point(IDS[0], [1, 0, 0, 0], PAYLOAD)])
    assert set(await job.unchanged(FILES, MODEL)) == set()
    assert store.requested == 0
    assert set(await rescan(store).unchanged(FILES, MODEL)) == {IDS[0]}


async def test_a_job_that_adds_goes_through_stored_files_that_lack_what_it_adds(store: Counting) -> None:
    await store.upsert(
        "photos",
        [
            Point(IDS[0], [1, 0, 0, 0], PAYLOAD),
            Point(IDS[1], [1, 0, 0, 0], PAYLOAD | {"caption_model": "vision"}),
        ],
    )
    assert set(await rescan(store, want=("caption",)).unchanged(FILES, MODEL)) == {IDS[1]}
    assert set(await rescan(store, want=("caption", "text")).unchanged(FILES, None)) == set()
