"""The mover's process ends before and after each of its file-system calls: nothing is ever lost."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.gateway.archive.story import Story
from tests.support.archiving import (
    ARCHIVE_ID,
    Mortals,
    Tree,
    archive,
    calls_of,
    contents,
    in_place,
    recover,
    restore,
    workshop,
)

WHEN = ("before", "after")


@pytest.fixture(scope="module")
def mortals() -> Iterator[Mortals]:
    made = Mortals()
    yield made
    made.close()


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


def recovered(tree: Tree) -> Story | None:
    """What the next start does, and the story then."""
    shop = workshop(tree.root)
    for archive_id in shop.archive_ids():
        with shop.locks.owned(shop.root / archive_id):
            shop.recover(archive_id)
    return shop.story(ARCHIVE_ID)


def check(tree: Tree, story: Story | None, before: dict[str, int]) -> None:
    """Every content as often as before; what the journal tells is where the files are."""
    assert contents(tree.root) == before
    assert set(tree.kept) <= set(in_place(tree.root))
    archived = [] if story is None else story.archived
    assert story is None or not story.half_done
    for found in archived:
        for file in found.moved:
            assert Path(file.destination).exists()
            assert not Path(file.source).exists()
    moved = {Path(file.source) for found in archived for file in found.moved}
    everything = {*tree.kept, *tree.asked, tree.root / "b/1.xmp"}
    assert set(in_place(tree.root)) == everything - moved


def test_archiving_survives_the_end_of_its_process_at_every_call(mortals: Mortals, tmp_path: Path) -> None:
    calls = calls_of(archive, fresh(tmp_path / "counted").root)
    assert calls > 20
    for number in range(calls):
        for when in WHEN:
            tree = fresh(tmp_path / f"{number}-{when}")
            before = contents(tree.root)
            mortals.die(archive, tree.root, number, when)
            story = recovered(tree)
            check(tree, story, before)
            if story is not None:
                stale = {found.move.point_id: "delete" for found in story.archived}
                assert story.stale == stale, "only the points of what moved are to go, and all of them"


def test_restoring_survives_the_end_of_its_process_at_every_call(mortals: Mortals, tmp_path: Path) -> None:
    counted = fresh(tmp_path / "counted")
    archive(counted.root)
    calls = calls_of(restore, counted.root)
    assert calls > 15
    for number in range(calls):
        for when in WHEN:
            tree = fresh(tmp_path / f"{number}-{when}")
            before = contents(tree.root)
            archive(tree.root)
            mortals.die(restore, tree.root, number, when)
            story = recovered(tree)
            assert story is not None
            check(tree, story, before)
            restored = {found.move.point_id for found in story.moves.values() if found.state == "restored"}
            assert {each for each, action in story.stale.items() if action == "put_back"} == restored
            restore(tree.root)
            assert set(in_place(tree.root)) == {*tree.kept, *tree.asked, tree.root / "b/1.xmp"}


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
