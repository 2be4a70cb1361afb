"""Many collections in one folder: only those in use are open."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from libs.common.store.engine import root as root_module
from libs.common.store.engine.residence import release
from libs.common.store.engine.root import Root
from libs.common.store.engine.shard import Shard
from libs.common.store.protocol import Shape
from tests.support.waiting import until

NAMES = [f"c{number}" for number in range(6)]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Root]:
    monkeypatch.setattr(root_module, "KEPT_OPEN", 1)
    monkeypatch.setattr(root_module, "MOST_OPEN", 2)
    found = Root(tmp_path, 1.0, {"file_hash": "keyword"})
    for name in NAMES:
        found.create(name, Shape(2, "Cosine"))
    yield found
    found.close()


def write(root: Root, name: str, number: int) -> None:
    root.shard(name).upsert([str(UUID(int=number))], np.ones((1, 2), np.float32), [{"n": number}])


def threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="counts threads as Linux does")
async def test_the_least_used_are_closed_and_have_all_that_was_written_when_they_open_again(
    root: Root,
) -> None:
    before = threads()
    for number, name in enumerate(NAMES[:2], 1):
        write(root, name, number)
    of_two = threads() - before
    for number, name in enumerate(NAMES[2:], 3):
        write(root, name, number)
        # The engine's threads end a moment after it has closed a shard.
        await until(lambda: threads() - before <= of_two)
    root.tidy()
    await until(lambda: threads() - before < of_two)
    for number, name in enumerate(NAMES, 1):
        assert [
            each.payload for each in root.shard(name).retrieve([str(UUID(int=number))], "all", False)
        ] == [{"n": number}]


def test_counts_are_kept_until_something_is_written_also_of_what_is_closed(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in enumerate(NAMES, 1):
        write(root, name, number)
        root.info(name)
    with monkeypatch.context() as patched:
        patched.setattr(Shard, "count", lambda *_: pytest.fail("counted"))
        assert [root.info(name).points_count for name in NAMES] == [1] * 6
    write(root, "c0", 7)
    root.shard("c5").delete_points([str(UUID(int=6))])
    assert [root.info(name).points_count for name in NAMES] == [2, 1, 1, 1, 1, 0]
    root.delete("c1")
    root.create("c1", Shape(2, "Cosine"))
    assert root.info("c1").points_count == 0


def resident_bytes(folder: Path) -> int:
    """Of the files in the folder, what this process has mapped."""
    total, counts = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.partition(" ")[0]:
            counts = str(folder) in line
        elif counts and line.startswith("Rss:"):
            total += 1024 * int(line.split()[1])
    return total


@pytest.mark.skipif(not Path("/proc/self/smaps").is_file(), reason="asks Linux for what is resident")
def test_what_opening_reads_does_not_stay_in_memory_and_no_write_is_lost(root: Root, tmp_path: Path) -> None:
    write(root, "c0", 1)
    assert resident_bytes(tmp_path / "c0") > 1 << 20
    release([tmp_path / "c0"])
    assert resident_bytes(tmp_path / "c0") == 0
    write(root, "c0", 2)
    found = root.shard("c0").retrieve([str(UUID(int=number)) for number in (1, 2)], "all", False)
    assert sorted(each.payload["n"] for each in found) == [1, 2]


@pytest.mark.skipif(not Path("/proc/self/smaps").is_file(), reason="asks Linux for what is resident")
@pytest.mark.parametrize("when", ["no call waits", "many were opened"])
def test_it_is_unloaded_when(when: str, root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(root_module, "RESIDENT", 2 if when == "many were opened" else 3)
    for name in ("c0", "c1"):
        root.shard(name)
    if when == "no call waits":
        assert resident_bytes(tmp_path) > 1 << 20
        root.tidy()
    assert resident_bytes(tmp_path) < 1 << 20
