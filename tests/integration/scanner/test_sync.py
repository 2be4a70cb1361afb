"""A sync on a real broker and the embedded store: points follow the files, and none goes by mistake."""

import asyncio
import errno
import hashlib
import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from libs.common import events, ids, messages
from libs.common.control import CollectionState, ModelInUse
from libs.common.errors import Code
from libs.common.events import Accepted, Compared, SyncCounts
from libs.common.messages import Content, File, Inference, PointRecord, RemovedRecord
from libs.common.points.payload import payload_of
from libs.common.store.protocol import Point, Record, Store
from libs.common.topics import REMOVED
from services.scanner.jobs.unchanged import RACY_S
from tests.support.kafka import records_of
from tests.support.scanning import COLLECTION, GENERATION, Bench, open_reporter
from tests.support.waiting import LIMIT_S, until

MODEL = "lite-1"


@dataclass
class Library:
    """A folder whose files have points, as an earlier job left them."""

    root: Path
    store: Store

    def write(self, name: str, content: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        # Long before it was stored: see RACY_S.
        os.utime(path, (1_700_000_000, 1_700_000_000))
        return path

    async def index(self, paths: Sequence[Path]) -> None:
        await self.store.upsert(COLLECTION, [point_of(path) for path in paths])

    async def points(self) -> dict[str, Record]:
        page, _ = await self.store.scroll(COLLECTION, limit=10_000, vectors=True)
        below = {str(record.payload["full_path"]): record for record in page}
        return {
            path.removeprefix(f"{self.root}/"): record
            for path, record in below.items()
            if path.startswith(f"{self.root}/")
        }


def id_of(path: Path) -> str:
    return ids.file_id(COLLECTION, bytes(path))


def point_of(path: Path) -> Point:
    stat = path.stat()
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    file = File(
        job_id="earlier", file_id=id_of(path), collection=COLLECTION, generation=GENERATION,
        path=bytes(path), file=str(path), size=stat.st_size, mtime_ns=stat.st_mtime_ns,
        ctime_ns=stat.st_ctime_ns,
    )  # fmt: skip
    content = Content(sha256=sha256, width=1, height=1, format="JPEG", mode="RGB", exif={}, thumbnail=b"t")
    vector = np.frombuffer(hashlib.sha256(sha256.encode()).digest()[:16], dtype="<u4").astype("<f4")
    inference = Inference(embedding=b"", model=MODEL, caption="a caption")
    record = PointRecord(file=file, content=content, inference=inference, source="batch_ml")
    return Point(id_of(path), vector / np.linalg.norm(vector), payload_of(record, stat.st_ctime + 10))


@pytest.fixture
async def library(tmp_path: Path, store: Store, world: Bench) -> Library:
    await world.state(ModelInUse(model=MODEL, dimension=4))
    await world.clear()
    made = Library(tmp_path.resolve() / "photos", store)
    paths = [made.write(f"{n // 10}/{n:03}.jpg", f"photo {n}") for n in range(40)]
    await made.index(paths)
    return made


def compared(world: Bench, job: str) -> SyncCounts:
    (found,) = [event.counts for event in world.of(job) if isinstance(event, Compared)]
    return found


def by_code(world: Bench, job: str) -> dict[str, int]:
    codes: dict[str, int] = {}
    for outcome in world.outcomes(job).values():
        code = str(outcome.code or outcome.source)
        codes[code] = codes.get(code, 0) + 1
    return codes


async def test_added_changed_moved_gone_and_unchanged_files_are_told_and_followed(
    world: Bench, library: Library, tmp_path: Path
) -> None:
    root, before = library.root, await library.points()
    library.write("new/new.jpg", "a new photo")
    library.write("0/001.jpg", "photo 1, edited")
    (root / "0/002.jpg").rename(root / "new/renamed.jpg")
    (root / "0/003.jpg").rename(root / "0/003.JPG")
    (root / "0/004.jpg").unlink()
    # A file that was written as recently as this when its point was stored is taken for changed once more.
    await asyncio.sleep(RACY_S + 0.1)
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()) as stage:
        job = await world.request(root, version=2, sync=True)
        end = await world.finished(job)
    assert compared(world, job) == SyncCounts(added=1, changed=1, moved=2, removed=1, unchanged=36)
    assert by_code(world, job) == {"batch_ml": 2, "cache": 36, "moved": 2, "removed": 1}
    assert stage.names == {"new.jpg", "001.jpg"}
    assert (end.state, end.total, end.stored, end.skipped, end.failed) == ("completed", 41, 38, 3, 0)
    after = await library.points()
    assert before.keys() - after.keys() == {"0/002.jpg", "0/003.jpg", "0/004.jpg"}
    for was, now in (("0/002.jpg", "new/renamed.jpg"), ("0/003.jpg", "0/003.JPG")):
        assert after[now].id == id_of(root / now)
        assert after[now].vector == pytest.approx(before[was].vector)
        assert after[now].payload["caption"] == "a caption"
        assert after[now].payload["filename"] == Path(now).name
    async with world.scanner(tmp_path / "data2"), world.stage(open_reporter()):
        again = await world.request(root, version=2, sync=True)
        await world.finished(again)
    assert compared(world, again).unchanged >= 38


@pytest.mark.slow
async def test_removed_points_lie_whole_on_their_topic(
    world: Bench, library: Library, tmp_path: Path
) -> None:
    before = await library.points()
    (library.root / "0/004.jpg").unlink()
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        job = await world.request(library.root, version=2, sync=True)
        await world.finished(job)
    (record,) = await records_of(world.connection, REMOVED)
    kept = messages.decode(record.value, RemovedRecord)
    (gone,) = [before["0/004.jpg"]]
    assert (kept.job_id, kept.ids, kept.payloads) == (job, (gone.id,), (gone.payload,))
    assert np.frombuffer(kept.vectors[0], "<f4").tolist() == pytest.approx(gone.vector)


async def test_many_gone_files_wait_until_they_are_asked_for(
    world: Bench, library: Library, tmp_path: Path
) -> None:
    shutil.rmtree(library.root / "0")
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        job = await world.request(library.root, version=2, sync=True)
        assert (await world.finished(job)).state == "completed"
        found = compared(world, job)
        assert (found.removed, found.pending) == (0, 10)
        assert "10 of 40 files are gone" in str(found.reason)
        assert len(await library.points()) == 40
        job = await world.request(library.root, version=2, sync=True, prune="now")
        await world.finished(job)
    assert compared(world, job).removed == 10
    assert len(await library.points()) == 30


async def test_a_share_that_comes_back_empty_or_not_at_all_removes_nothing(
    world: Bench, library: Library, tmp_path: Path
) -> None:
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        shutil.rmtree(library.root)
        library.root.mkdir()
        for prune in ("auto", "now"):
            job = await world.request(library.root, version=2, sync=True, prune=prune)
            assert (await world.finished(job)).state == "completed"
            assert compared(world, job).pending == 40
        library.root.rmdir()
        job = await world.request(library.root, version=2, sync=True, prune="now")
        assert (await world.finished(job)).code is Code.DIRECTORY_NOT_FOUND
    assert len(await library.points()) == 40


@pytest.mark.parametrize("sync", [True, False])
async def test_a_job_fails_whose_collection_the_store_has_lost_and_the_scanner_goes_on(
    world: Bench, library: Library, tmp_path: Path, sync: bool
) -> None:
    await world.state(CollectionState(name="lost", generation="g"))
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        job = await world.request(library.root, version=2, sync=sync, collection="lost")
        end = await world.finished(job)
        assert (end.state, end.code) == ("failed", Code.COLLECTION_GONE)
        assert "no collection 'lost'" in str(end.error)
        after = await world.request(library.root, version=2, sync=True)
        assert (await world.finished(after)).state == "completed"


async def test_a_manifest_is_not_synced(world: Bench, library: Library, tmp_path: Path) -> None:
    listed = tmp_path.resolve() / "list.jsonl"
    listed.write_text('{"path": "a.jpg"}\n')
    async with world.scanner(tmp_path / "data"):
        job = await world.request(listed, version=2, sync=True)
        assert (await world.finished(job)).code is Code.INVALID_REQUEST
    assert len(await library.points()) == 40


async def test_a_share_that_vanishes_while_it_is_listed_removes_nothing(
    world: Bench, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (library.root / "0/000.jpg").unlink()
    scandir, folders = os.scandir, count()

    def scandir_of_a_share(folder: Any) -> Any:
        # As NFS says it once its server has gone: the root and one folder were listed before.
        if isinstance(folder, int) and next(folders) >= 2:
            raise OSError(errno.ESTALE, "Stale file handle")
        return scandir(folder)

    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        monkeypatch.setattr(os, "scandir", scandir_of_a_share)
        job = await world.request(library.root, version=2, sync=True, prune="now")
        await world.finished(job)
        monkeypatch.undo()
    assert next(folders) > 2
    assert (compared(world, job).removed, len(await library.points())) == (0, 40)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
async def test_a_folder_that_cannot_be_read_removes_nothing(
    world: Bench, library: Library, tmp_path: Path
) -> None:
    (library.root / "0").chmod(0)
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        job = await world.request(library.root, version=2, sync=True, prune="now")
        await world.finished(job)
    (library.root / "0").chmod(0o700)
    assert compared(world, job).pending == 10
    assert len(await library.points()) == 40


async def test_points_of_other_folders_stay(world: Bench, library: Library, tmp_path: Path) -> None:
    other = Library(tmp_path.resolve() / "photos-of-others", library.store)
    await other.index([other.write("a.jpg", "another's")])
    (other.root / "a.jpg").unlink()
    (library.root / "0/000.jpg").unlink()
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        await world.finished(await world.request(library.root, version=2, sync=True))
    assert (len(await other.points()), len(await library.points())) == (1, 39)


async def killed_as_it_deletes(
    world: Bench,
    library: Library,
    folder: Path,
    patch: pytest.MonkeyPatch,
    delete: Callable[[str, Sequence[str]], Awaitable[None]],
) -> str:
    """A sync whose scanner was killed once its first `delete` was done; the job's id."""
    reached = asyncio.Event()

    async def delete_and_go_no_further(collection: str, ids: Sequence[str]) -> None:
        await delete(collection, ids)
        reached.set()
        await asyncio.Event().wait()

    patch.setattr(library.store, "delete_points", delete_and_go_no_further)
    async with world.scanner(folder) as scanner:
        job = await world.request(library.root, version=2, sync=True)
        await asyncio.wait_for(reached.wait(), LIMIT_S)
        await scanner.kill()
    return job


@pytest.mark.slow
async def test_what_a_scanner_removed_and_did_not_report_is_reported_by_the_next(
    world: Bench, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (library.root / "0/000.jpg").unlink()
    with monkeypatch.context() as patch:
        job = await killed_as_it_deletes(world, library, tmp_path / "one", patch, library.store.delete_points)
    async with world.scanner(tmp_path / "two", instance="s1"), world.stage(open_reporter()):
        end = await world.finished(job)
    assert by_code(world, job) == {"removed": 1, "cache": 39}
    assert (end.total, end.skipped) == (40, 1)


@pytest.mark.slow
async def test_a_move_that_a_scanner_began_is_finished_by_the_next_and_counts_once(
    world: Bench, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await library.points()
    (library.root / "0/000.jpg").rename(library.root / "1/was-0.jpg")

    async def not_yet(_: str, __: Sequence[str]) -> None:
        return

    with monkeypatch.context() as patch:
        job = await killed_as_it_deletes(world, library, tmp_path / "one", patch, not_yet)
    assert len(await library.points()) == 41
    async with world.scanner(tmp_path / "two", instance="s1"), world.stage(open_reporter()):
        end = await world.finished(job)
    assert by_code(world, job) == {"moved": 1, "cache": 39}
    assert (end.total, end.failed) == (40, 0)
    after = await library.points()
    assert len(after) == 40
    assert after["1/was-0.jpg"].vector == pytest.approx(before["0/000.jpg"].vector)


@pytest.mark.slow
async def test_a_scanner_that_dies_as_it_removes_is_followed_by_one_that_removes_the_rest_once(
    world: Bench, library: Library, tmp_path: Path
) -> None:
    for n in range(3):
        (library.root / f"0/00{n}.jpg").unlink()
    async with world.scanner(tmp_path / "one") as first:
        job = await world.request(library.root, version=2, sync=True)
        await until(lambda: world.has(job, Compared))
        await first.kill()
    async with world.scanner(tmp_path / "two", instance="s1"), world.stage(open_reporter()):
        end = await world.finished(job)
    assert compared(world, job).removed == 3
    assert by_code(world, job) == {"removed": 3, "cache": 37}
    assert (end.total, end.skipped) == (40, 3)
    assert len(await library.points()) == 37


async def test_a_request_that_asks_for_a_sync_is_of_the_second_version() -> None:
    await asyncio.sleep(0)
    body = events.encode(events.ScanRequest(version=2, directory_path="/photos", sync=True))
    assert events.decode(body, events.ScanRequest).sync


@pytest.mark.slow
async def test_a_sync_of_some_paths_looks_at_these_and_at_no_others(
    world: Bench, library: Library, tmp_path: Path
) -> None:
    root = library.root
    library.write("new.jpg", "a new photo")
    library.write("not-named.jpg", "another new photo")
    (root / "0/000.jpg").unlink()
    (root / "1/010.jpg").unlink()
    (root / "2/020.jpg").rename(root / "2/renamed.jpg")
    paths = ("new.jpg", "0/000.jpg", "0/001.jpg", "2", "nowhere")
    await asyncio.sleep(RACY_S + 0.1)
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()) as stage:
        job = await world.request(root, version=2, sync=True, paths=paths)
        end = await world.finished(job)
    assert compared(world, job) == SyncCounts(added=1, moved=1, removed=1, unchanged=10, whole=False)
    assert (end.state, end.total) == ("completed", 13)
    assert stage.names == {"new.jpg"}
    assert "1/010.jpg" in await library.points()


@pytest.mark.slow
async def test_a_sync_of_paths_in_a_share_that_comes_back_empty_removes_nothing(
    world: Bench, library: Library, tmp_path: Path
) -> None:
    shutil.rmtree(library.root)
    library.root.mkdir()
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        job = await world.request(library.root, version=2, sync=True, paths=("0/000.jpg",))
        await world.finished(job)
    assert (compared(world, job).pending, compared(world, job).removed) == (1, 0)
    assert len(await library.points()) == 40


@pytest.mark.slow
async def test_gone_folders_of_more_than_a_tenth_wait_also_where_just_they_are_named(
    world: Bench, library: Library, tmp_path: Path
) -> None:
    shutil.rmtree(library.root / "0")
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        job = await world.request(library.root, version=2, sync=True, paths=("0",))
        await world.finished(job)
        found = compared(world, job)
        assert (found.pending, found.root, found.paths) == (10, str(library.root), ("0",))
        assert "10 of 40" in str(found.reason)

        # What is confirmed is what was waiting: another file, gone since, is not in it.
        (library.root / "1/010.jpg").unlink()
        job = await world.request(library.root, version=2, sync=True, paths=found.paths, prune="now")
        await world.finished(job)
    assert compared(world, job).removed == 10
    assert "1/010.jpg" in await library.points()


@pytest.mark.slow
async def test_a_sync_of_some_files_with_metadata_of_their_own_compares_just_these(
    world: Bench, library: Library, tmp_path: Path
) -> None:
    (library.root / "0/000.jpg").unlink()
    (library.root / "1/010.jpg").unlink()
    files = (events.FileRequest(path="0/000.jpg"), events.FileRequest(path="0/001.jpg"))
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        job = await world.request(library.root, version=2, sync=True, files=files)
        await world.finished(job)
    assert compared(world, job) == SyncCounts(removed=1, unchanged=1, whole=False)
    assert "1/010.jpg" in await library.points()


@pytest.mark.slow
async def test_what_another_job_stored_behind_the_listing_is_not_taken_for_gone(
    world: Bench, library: Library, tmp_path: Path
) -> None:
    # As if it had come into a folder that was listed already: its point is there, and the listing lacks it.
    late = library.write("late.jpg", "a late photo")
    await library.index([late])
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        job = await world.request(library.root, version=2, sync=True, exclude=("late.jpg",))
        await world.finished(job)
    assert compared(world, job).removed == 0
    assert "late.jpg" in await library.points()


@pytest.mark.slow
@pytest.mark.parametrize("when", [Accepted, Compared])
async def test_a_scanner_that_dies_as_it_lists_or_moves_is_followed_by_one_that_does_the_rest(
    world: Bench, library: Library, tmp_path: Path, when: type[Accepted | Compared]
) -> None:
    before = await library.points()
    for n in range(3):
        (library.root / f"0/00{n}.jpg").rename(library.root / f"1/was-{n}.jpg")
    async with world.scanner(tmp_path / "one") as first:
        job = await world.request(library.root, version=2, sync=True)
        await until(lambda: world.has(job, when))
        await first.kill()
    async with world.scanner(tmp_path / "two", instance="s1"), world.stage(open_reporter()):
        end = await world.finished(job)
    assert compared_first(world, job).moved == 3
    assert (end.state, end.failed) == ("completed", 0)
    outcomes = world.outcomes(job)
    assert {id_of(path) for path in library.root.rglob("*.jpg")} <= outcomes.keys()
    assert len(outcomes) == 40
    after = await library.points()
    assert len(after) == 40
    assert after["1/was-0.jpg"].vector == pytest.approx(before["0/000.jpg"].vector)


def compared_first(world: Bench, job: str) -> SyncCounts:
    """Who takes the job over may say it once more; the first one counts."""
    return next(event.counts for event in world.of(job) if isinstance(event, Compared))
