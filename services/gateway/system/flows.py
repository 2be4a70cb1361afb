"""Which stage holds the work up, from what each group has left and how fast it takes it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from libs.common import stages

SAMPLE_SECONDS = 5.0
WANTED_SECONDS = 30.0
"""Without a reader for so long no samples are taken: each asks the brokers twice a stage."""
FEWEST = 16
"""Files before a stage that are worth a sentence: fewer are just on their way."""


@dataclass(frozen=True, slots=True)
class Flow:
    """By stage: the records that its group has left, and has taken in all, at `at` (monotonic seconds)."""

    at: float
    left: Mapping[str, int]
    taken: Mapping[str, int]


Sample = Callable[[], Awaitable[Flow | None]]
"""How the groups stand now; None where the brokers do not say."""


class Flows:
    """The last two samples; `run` takes them for as long as somebody reads."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._wanted_at = 0.0
        self._before: Flow | None = None
        self._now: Flow | None = None

    def slowest(self, *, listed: bool) -> str | None:
        """The stage that most files wait for, in a sentence; None where that is not known yet, or none is.

        `listed`: whether the job whose status is read is listed whole.
        """
        self._wanted_at = time.monotonic()
        return None if self._now is None else sentence(self._before, self._now, listed=listed)

    def rates(self) -> dict[str, float]:
        """Records a second by stage, as far as they are known yet."""
        self._wanted_at = time.monotonic()
        return {} if self._now is None else rates(self._before, self._now)

    async def run(self) -> None:
        """Take samples until cancelled."""
        while True:
            await asyncio.sleep(SAMPLE_SECONDS)
            if time.monotonic() - self._wanted_at < WANTED_SECONDS:
                self._before, self._now = self._now, await self._sample()
            else:
                self._before = self._now = None


def sentence(before: Flow | None, now: Flow, *, listed: bool) -> str | None:
    """As `Flows.slowest`. What a stage has taken and not finished counts as left."""
    left = {stage.name: now.left.get(stage.name, 0) for stage in stages.file_stages()}
    name = max(left, key=lambda stage: left[stage])
    if left[name] < FEWEST:
        return None if listed else "the listing is the slowest part: files are worked on as they are found"
    rate = _rate(before, now, name)
    if rate is None:
        return f"most files wait for the {name}: {left[name]:,}"
    waits = f"{left[name]:,} files wait for it, and it does {_shown(rate)} a second"
    return f"the {name} is the slowest stage: {waits}"


def rates(before: Flow | None, now: Flow) -> dict[str, float]:
    """Records a second by stage; without those that the earlier sample lacks."""
    found = {stage: _rate(before, now, stage) for stage in now.taken}
    return {stage: rate for stage, rate in found.items() if rate is not None}


def _rate(before: Flow | None, now: Flow, stage: str) -> float | None:
    """Records a second between the samples."""
    if before is None or stage not in before.taken or now.at <= before.at:
        return None
    return max(0.0, (now.taken.get(stage, 0) - before.taken[stage]) / (now.at - before.at))


def _shown(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
