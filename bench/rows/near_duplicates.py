"""Row 13: near-duplicates among 20,000 points, embedded, against brute force."""

import asyncio
import base64
import os
import time

import numpy as np
from numpy.typing import NDArray

from bench.filled import complete, filled, point_id
from bench.place import Place
from bench.result import Figure
from bench.system import System, system
from libs.common.store.protocol import Payload

POINTS, SIZE, THRESHOLD = 20_000, 512, 0.98
NAME = "near"
THUMBNAIL = base64.b64encode(os.urandom(7_000)).decode()
"""As large as those of photos are."""

Pairs = set[frozenset[str]]


async def near_duplicates(place: Place) -> list[Figure]:
    """Seconds from the request until the groups can be read; and how many true pairs are in one."""
    data = place.fresh()
    rows = _rows()
    await filled(data / "store", NAME, POINTS, lambda part: rows[part.start : part.stop], _payload)
    brute_s, expected = await asyncio.to_thread(_brute_force, rows)
    async with system(data) as running:
        await running.select(NAME)
        seconds, found = await _requested(running)
    return [
        Figure(
            name="13 near-duplicates",
            value=seconds,
            unit="s",
            target=20,
            bound="at most",
            note=f"{POINTS} points; comparing alone, in one matrix product a block: {brute_s:.1f} s",
        ),
        Figure(
            name="13 recall",
            value=len(found & expected) / len(expected),
            unit="of pairs",
            target=0.99,
            note=f"{len(expected)} pairs by brute force, {len(found - expected)} found next to them",
        ),
    ]


def _rows() -> NDArray[np.float64]:
    """Directions of which every tenth is a copy of the one before, on either side of the threshold."""
    random = np.random.default_rng(13)
    rows = random.normal(size=(POINTS, SIZE))
    noise = random.uniform(0, 0.3, size=(POINTS // 10, 1)) * random.normal(size=(POINTS // 10, SIZE))
    rows[9::10] = rows[8::10] + noise
    return rows


def _payload(number: int) -> Payload:
    payload: Payload = {
        "filename": f"{number}.jpg", "full_path": f"/photos/{number}.jpg", "width": 4000, "height": 3000,
        "mtime_ns": number, "thumbnail_base64": THUMBNAIL,
    }  # fmt: skip
    return complete(payload)


def _brute_force(rows: NDArray[np.float64]) -> tuple[float, Pairs]:
    """Seconds of comparing, and the pairs; all are copies of just one other."""
    start = time.perf_counter()
    units = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    found: Pairs = set()
    for first in range(0, POINTS, 2_000):
        near = units[first : first + 2_000] @ units.T >= THRESHOLD
        for one, other in zip(*np.nonzero(near), strict=True):
            if first + one < other:
                found.add(frozenset((point_id(NAME, first + int(one)), point_id(NAME, int(other)))))
    return time.perf_counter() - start, found


async def _requested(running: System) -> tuple[float, Pairs]:
    start = time.perf_counter()
    answer = await running.http.post("/api/v1/duplicates/find-similar", json={"threshold": THRESHOLD})
    report = f"/api/v1/duplicates/report/{answer.raise_for_status().json()['task_id']}"
    async with asyncio.timeout(300):
        while (await running.http.get(report, params={"limit": 1})).json()["status"] == "running":  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    seconds = time.perf_counter() - start
    found: Pairs = set()
    cursor: str | None = None
    while True:
        params = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
        page = (await running.http.get(report, params=params)).raise_for_status().json()
        found |= {frozenset(each["id"] for each in group["points"]) for group in page["results"]}
        if (cursor := page["next"]) is None:
            return seconds, found
