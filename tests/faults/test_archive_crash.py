"""The mover's process ends before and after each of its file-system calls: nothing is ever lost."""

import errno
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import cast

import pytest

from libs.common.kafka.tables.control_table import ControlTable
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Point, Store
from services.gateway.archive import points
from services.gateway.archive.history import ArchiveHistory
from services.gateway.archive.index import Index
from services.gateway.archive.moves.disk import Name, RealDisk
from tests.support.archiving import (
    ARCHIVE_ID,
    COLLECTION,
    Mortals,
    Tree,
    archive,
    calls_of,
    contents,
    executor,
    in_place,
    record_of,
    recover,
    restore,
)

pytestmark = pytest.mark.slow

WHEN = ("before", "after")


@pytest.fixture(scope="module")
def mortals() -> Iterator[Mortals]:
    made = Mortals()
    yield made
    made.close()


@pytest.fixture(scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    edge = EdgeStore(tmp_path_factory.mktemp("store"))
    await edge.create(COLLECTION, 2, "Cosine")
    yield edge
    await edge.close()


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """In memory where that can be had: thousands of fsyncs tell nothing here, as only processes end."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path_factory.mktemp("crash")
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def fresh(folder: Path) -> Tree:
    tree = Tree(folder / "photos")
    tree.make()
    return tree


def recovered(tree: Tree) -> ArchiveHistory | None:
    """What the next start does, and the story then."""
    shop = executor(tree.root)
    for archive_id in shop.archive_ids():
        with shop.locks.owned(shop.root / archive_id):
            shop.recover(archive_id)
    return shop.history(ARCHIVE_ID)


class NothingKnown:
    """A control topic on which no one has said anything of a collection."""

    def collection(self, _name: str) -> None:
        return None


async def index_all(store: Store, tree: Tree) -> None:
    """Exactly the tree's photos are in the index."""
    page, _ = await store.scroll(COLLECTION, limit=100, payload="none")
    await store.delete_points(COLLECTION, [record.id for record in page])
    records = [record_of(path) for path in (*tree.kept, *tree.requested)]
    await store.upsert(COLLECTION, [Point(each.id, [1.0, 0.0], each.payload) for each in records])


async def save_points(store: Store, tree: Tree) -> None:
    shop = executor(tree.root)
    ids = [found.move.point_id for found in shop.history(ARCHIVE_ID).moves.values()]  # type: ignore[union-attr]
    await points.save(store, COLLECTION, ids, shop.root / ARCHIVE_ID, shop.rules.disk)


async def settled(store: Store, tree: Tree) -> None:
    """Have the index follow, cut short once after the store and before the journal; check that it does."""
    for disk in (Unwritable(), RealDisk()):
        shop = executor(tree.root, disk)
        index = Index(store, cast("ControlTable", NothingKnown()), shop)
        async with index.owned(ARCHIVE_ID):
            await index.try_to_settle(ARCHIVE_ID)
    page, _ = await store.scroll(COLLECTION, limit=100)
    photos = {str(path) for path in in_place(tree.root) if path.suffix == ".jpg"}
    assert {record.payload["full_path"] for record in page} == photos


class Unwritable(RealDisk):
    """A disk that never takes the line that says that the index has followed."""

    def append(self, path: Name, data: bytes) -> None:
        if b'"indexed"' in data:
            raise OSError(errno.EIO, "no more")
        super().append(path, data)


def check(tree: Tree, history: ArchiveHistory | None, before: dict[str, int]) -> None:
    """Every content as often as before; what the journal tells is where the files are."""
    assert contents(tree.root) == before
    assert set(tree.kept) <= set(in_place(tree.root))
    archived = [] if history is None else history.archived
    assert history is None or not history.half_done
    for found in archived:
        for file in found.moved:
            assert Path(file.destination).exists()
            assert not Path(file.source).exists()
    moved = {Path(file.source) for found in archived for file in found.moved}
    everything = {*tree.kept, *tree.requested, tree.root / "b/1.xmp"}
    assert set(in_place(tree.root)) == everything - moved


async def test_archiving_survives_the_end_of_its_process_at_every_call(
    mortals: Mortals, tmp_path: Path, store: Store
) -> None:
    calls = calls_of(archive, fresh(tmp_path / "counted").root)
    assert calls > 20
    for number in range(calls):
        for when in WHEN:
            tree = fresh(tmp_path / f"{number}-{when}")
            before = contents(tree.root)
            await index_all(store, tree)
            mortals.die(archive, tree.root, number, when)
            check(tree, recovered(tree), before)
            await settled(store, tree)


async def test_restoring_survives_the_end_of_its_process_at_every_call(
    mortals: Mortals, tmp_path: Path, store: Store
) -> None:
    counted = fresh(tmp_path / "counted")
    archive(counted.root)
    calls = calls_of(restore, counted.root)
    assert calls > 15
    for number in range(calls):
        for when in WHEN:
            tree = fresh(tmp_path / f"{number}-{when}")
            before = contents(tree.root)
            await index_all(store, tree)
            archive(tree.root)
            await save_points(store, tree)
            await settled(store, tree)
            mortals.die(restore, tree.root, number, when)
            check(tree, recovered(tree), before)
            await settled(store, tree)
            restore(tree.root)
            assert set(in_place(tree.root)) == {*tree.kept, *tree.requested, tree.root / "b/1.xmp"}
            await settled(store, tree)


@pytest.mark.slow
@pytest.mark.parametrize("when", WHEN)
def test_recovery_that_is_itself_cut_short_is_done_again(mortals: Mortals, tmp_path: Path, when: str) -> None:
    for first in range(calls_of(archive, fresh(tmp_path / "counted").root)):
        cut = fresh(tmp_path / f"cut-{first}")
        before = contents(cut.root)
        mortals.die(archive, cut.root, first, "after")
        shutil.copytree(cut.root.parent, tmp_path / f"copy-{first}", symlinks=True)
        # A copy of the tree would have other inodes: only the number of calls is taken from it.
        for second in range(calls_of(recover, tmp_path / f"copy-{first}" / "photos")):
            again = fresh(tmp_path / f"again-{first}-{second}")
            mortals.die(archive, again.root, first, "after")
            mortals.die(recover, again.root, second, when)
            check(again, recovered(again), before)
