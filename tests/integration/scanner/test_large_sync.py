"""One sync of a large library says exactly what has changed: SYNC_FILES of them, a hundredth of each kind."""

import asyncio
import os
import shutil
import time
from pathlib import Path

import pytest

from libs.common.control import ModelInUse
from libs.common.events import SyncCounts
from libs.common.store.protocol import Store
from services.scanner.jobs.unchanged import RACY_S
from tests.integration.scanner.test_sync import MODEL, Library, by_code, compared
from tests.support.scanning import Bench, open_reporter

FILES = int(os.environ.get("SYNC_FILES", "100000"))
A_FOLDER = 1000
AT_ONCE = 1000


@pytest.fixture
async def large(tmp_path: Path, store: Store, world: Bench) -> Library:
    """A library whose files all have points, with the fields that real ones have."""
    await world.state(ModelInUse(model=MODEL, dimension=4))
    made = Library(tmp_path.resolve() / "photos", store)
    for start in range(0, FILES, AT_ONCE):
        names = [f"{n // A_FOLDER:04}/{n:06}.jpg" for n in range(start, min(start + AT_ONCE, FILES))]
        await made.index([made.write(name, f"photo {name}") for name in names])
    return made


def change(library: Library, each: int) -> None:
    """The first `each` move, the next are gone, the next change, and as many are new."""
    paths = sorted(path for folder in library.root.iterdir() for path in folder.iterdir())
    for n in range(each):
        shutil.move(paths[n], library.root / "0000" / f"moved-{n}.jpg")
        paths[each + n].unlink()
        library.write(str(paths[2 * each + n].relative_to(library.root)), f"photo {n}, edited")
        library.write(f"0001/new-{n}.jpg", f"a new photo {n}")


@pytest.mark.slow
async def test_one_sync_says_exactly_what_moved_is_gone_new_or_changed(
    world: Bench, large: Library, tmp_path: Path
) -> None:
    each = FILES // 100
    await asyncio.to_thread(change, large, each)
    await asyncio.sleep(RACY_S + 0.1)
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()) as stage:
        began, used = time.monotonic(), time.process_time()
        job = await world.request(large.root, version=2, sync=True)
        end = await world.finished(job, timeout_s=1200)
        print(
            f"\n{FILES} files compared in {time.monotonic() - began:.1f} s, "
            f"{time.process_time() - used:.1f} s of processor; load {os.getloadavg()[0]:.0f}"
        )
    assert compared(world, job) == SyncCounts(
        added=each, changed=each, moved=each, removed=each, unchanged=FILES - 3 * each
    )
    assert by_code(world, job) == {
        "batch_ml": 2 * each, "cache": FILES - 3 * each, "moved": each, "removed": each,
    }  # fmt: skip
    # What goes on to the processor, and so to the model, are new and changed files alone.
    assert len(stage.seen) == 2 * each
    assert (end.state, end.failed) == ("completed", 0)
