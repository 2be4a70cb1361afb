"""How long the sync of a large folder takes: `python -m tests.support.sync_at_scale 100000 [FOLDER]`.

Stores so many small pictures with the lite model, then moves, removes, adds and changes a hundredth of them
each, and compares once. Prints what the sync says and its seconds; exits 1 where it says anything but that.
"""

import asyncio
import io
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from tests.support.system import finished, new_collection, submit, system

A_FOLDER = 1000
CONTENTS = 2000
"""Of the files that stay as they are: storing them is no part of what is measured."""
LIMIT_S = 3600.0
SETTLED_S = 3.0
"""After this long a file that was written is no longer taken for one that may have been written twice."""


def picture(number: int) -> bytes:
    """A JPEG that no other number has."""
    out = io.BytesIO()
    pixels = random.Random(number).randbytes(16 * 16 * 3)
    Image.frombytes("RGB", (16, 16), pixels).save(out, "JPEG", quality=90)
    return out.getvalue()


def path_of(root: Path, number: int) -> Path:
    """Where the picture of that number lies."""
    return root / f"{number // A_FOLDER:04}" / f"IMG_{number:07}.jpg"


def fill(root: Path, count: int, each: int) -> None:
    """The folder, as it is at first: files that will not be touched share their contents, as copies do."""
    touched = 3 * each
    for number in range(count):
        path = path_of(root, number)
        if number % A_FOLDER == 0:
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(number if number < touched else touched + number % CONTENTS))


def change(root: Path, count: int, each: int) -> None:
    """The first `each` move, the next ones go, as many are new, and the next ones change."""
    moved = root / "moved"
    moved.mkdir()
    for number in range(each):
        path_of(root, number).rename(moved / f"renamed-{number}.jpg")
        path_of(root, each + number).unlink()
        path_of(root, 2 * each + number).write_bytes(picture(count + number))
        (moved / f"new-{number}.jpg").write_bytes(picture(count + each + number))


async def measure(home: Path, count: int) -> bool:
    """Whether the sync says what was done."""
    root, each = home / "photos", count // 100
    await asyncio.to_thread(fill, root, count, each)
    async with (
        system(home / "data", SCAN_ROOTS=str(root)) as running,
        httpx.AsyncClient(base_url=running.base_url, timeout=60.0) as client,
    ):
        await new_collection(client, "scale")
        began = time.monotonic()
        first = await finished(client, await submit(client, root), LIMIT_S)
        print(f"stored {first['counts']['stored']} pictures in {time.monotonic() - began:.0f} s", flush=True)
        await asyncio.to_thread(change, root, count, each)
        await asyncio.sleep(SETTLED_S)
        began = time.monotonic()
        job = await finished(client, await submit(client, root, sync=True), LIMIT_S)
        return reported(job, count, each, time.monotonic() - began)


def reported(job: dict[str, Any], count: int, each: int, seconds: float) -> bool:
    """Print what came of it."""
    found, counts = job["sync"], job["counts"]
    inferred = counts["stored"] - counts["from_cache"]
    print(
        f"compared in {seconds:.1f} s: {found}; {inferred} pictures through the model; load {os.getloadavg()}"
    )
    wanted = dict.fromkeys(("added", "changed", "moved", "removed"), each) | {"unchanged": count - 3 * each}
    return inferred == 2 * each and all(found[name] == number for name, number in wanted.items())


def main() -> int:
    """0 where the sync says exactly what was done."""
    count = int(sys.argv[1])
    if len(sys.argv) > 2:
        return 0 if asyncio.run(measure(Path(sys.argv[2]), count)) else 1
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        return 0 if asyncio.run(measure(Path(home), count)) else 1


if __name__ == "__main__":
    sys.exit(main())
