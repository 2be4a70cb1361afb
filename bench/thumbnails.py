"""What thumbnails in the payload cost whatever reads without them: `python -m bench.thumbnails`.

The same points with and without, in the embedded engine itself, by turns; CPU time of this process.
"""

import base64
import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from bench.filled import complete, point_id
from bench.known_photos import photo
from libs.common.points.fields import INDEXES, Fields
from libs.common.points.projections import RESCAN
from libs.common.store.engine.root import Root
from libs.common.store.engine.shard import Shard
from libs.common.store.protocol import Filter, Order, Payload, Shape

COUNT, BATCH, SIZE, TURNS = 20_000, 250, 512, 5
SCROLLED, PAGE = 4_000, 50
THUMBNAIL_BYTES = 6_000
SHAPE = Shape(SIZE, "Cosine")

Work = Callable[[Shard], object]


def measure(folder: Path) -> None:
    """Print the median of each kind of read, with and without."""
    root = Root(folder, 1.0, INDEXES)
    try:
        shards = {kept: _filled(root, kept) for kept in (True, False)}
        for name, work in _works().items():
            kept, left_out = _medians(shards, work)
            sys.stdout.write(f"{name:24} {kept:7.1f} ms, without {left_out:7.1f} ms: {kept / left_out:.2f}\n")
    finally:
        root.close()


def _works() -> Mapping[str, Work]:
    return {
        f"rescan of {SCROLLED:,}": _rescan,
        "page of the gallery": lambda shard: shard.ordered(
            Order(Fields.taken_at.name, descending=True), PAGE, None, (Fields.filename.name,)
        ),
        "facet": lambda shard: shard.facet(Fields.format.name, 10, None),
        "filter without an index": lambda shard: shard.count(_unindexed()),
    }


def _unindexed() -> Filter:
    return Filter(any_of={Fields.filename.name: ["IMG_00001.jpg"]})


def _rescan(shard: Shard) -> None:
    after: str | None = None
    for _ in range(0, SCROLLED, BATCH):
        _, after = shard.scroll(BATCH, after, None, RESCAN, vectors=False)


def _medians(shards: Mapping[bool, Shard], work: Work) -> tuple[float, float]:
    took: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(TURNS):
        for kept, shard in shards.items():
            began = time.process_time()
            work(shard)
            took[kept].append(1000 * (time.process_time() - began))
    return sorted(took[True])[TURNS // 2], sorted(took[False])[TURNS // 2]


def _filled(root: Root, kept: bool) -> Shard:
    name = "with" if kept else "without"
    root.create(name, SHAPE)
    shard, rows = root.shard(name), np.random.default_rng(0)
    for start in range(0, COUNT, BATCH):
        numbers = range(start, start + BATCH)
        vectors = rows.normal(size=(BATCH, SIZE)).astype("<f4")
        shard.upsert([point_id(name, n) for n in numbers], vectors, [_payload(n, kept) for n in numbers])
    return shard


def _payload(number: int, kept: bool) -> Payload:
    payload = complete(photo(number))
    payload.pop(Fields.thumbnail_base64.name, None)
    if kept:
        noise = random.Random(number % 64).randbytes(THUMBNAIL_BYTES)  # noqa: S311 - no secret
        payload[Fields.thumbnail_base64.name] = base64.b64encode(noise).decode()
    return payload


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        measure(Path(home))
