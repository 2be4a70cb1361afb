"""How long calls take that are made one after the other, by turns."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bench.connection import Answer
from bench.result import Figure

Call = Callable[[], Awaitable[Answer]]

WARMING = 3
"""Rounds that do not count."""


async def measured(calls: Mapping[str, Call], goes_on: Callable[[int], bool]) -> dict[str, list[float]]:
    """Milliseconds of each call, in order of length, of all rounds before which `goes_on(number)` holds."""
    for _ in range(WARMING):
        await _round(calls)
    waits: dict[str, list[float]] = {name: [] for name in calls}
    number = 0
    while goes_on(number):
        for name, wait in (await _round(calls)).items():
            waits[name].append(wait)
        number += 1
    return {name: sorted(found) for name, found in waits.items()}


def figure(name: str, part: str, waits: Sequence[float], target: float, note: str) -> Figure:
    """`part` is p50 or p99 of waits in order of length; `target` the most, in milliseconds."""
    share = int(part.removeprefix("p")) / 100
    value = waits[int(share * (len(waits) - 1))]
    return Figure(name=f"{name}-{part}", value=value, unit="ms", target=target, bound="at most", note=note)


async def _round(calls: Mapping[str, Call]) -> dict[str, float]:
    waits: dict[str, float] = {}
    for name, call in calls.items():
        start = time.perf_counter()
        await call()
        waits[name] = 1000 * (time.perf_counter() - start)
        await asyncio.sleep(0.01)
    return waits
