"""Records that vanish between two stages are missed, found and sent again."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from libs.common.errors import Code
from libs.common.kafka.outgoing import Outgoing, outcomes
from libs.common.messages import FileRecord
from tests.support.scanning import Bench, Reporter, photos, stored
from tests.support.waiting import LIMIT_S, until

pytestmark = pytest.mark.slow

QUIET_S = 0.4


class Losing(Reporter):
    """A stage that commits some files' records and says nothing of them, so many times each."""

    def __init__(self, losses: dict[str, int]) -> None:
        super().__init__()
        self._losses = Counter(losses)
        self.gate.set()

    async def __call__(self, batch: Sequence[FileRecord]) -> list[Outgoing]:
        self.seen += [record.file for record in batch]
        return outcomes(
            (record.file.job_id, stored(record.file)) for record in batch if not self._loses(record)
        )

    def _loses(self, record: FileRecord) -> bool:
        name = Path(record.file.file).name
        self._losses[name] -= 1
        return self._losses[name] >= 0

    def times(self, name: str) -> int:
        """How often the file came."""
        return sum(Path(file.file).name == name for file in self.seen)


async def test_what_is_lost_is_sent_again_and_what_is_always_lost_fails(world: Bench, tmp_path: Path) -> None:
    losing = Losing({"00001.jpg": 1, "00002.jpg": 3, "00003.jpg": 99})
    folder = photos(tmp_path / "photos", 10)
    async with world.scanner(tmp_path / "data", scanner_quiet_seconds=QUIET_S), world.stage(losing):
        job = await world.request(folder)
        end = await world.finished(job, timeout_s=LIMIT_S)
    assert (end.state, end.total, end.stored, end.failed) == ("completed", 10, 9, 1)
    (failed,) = [item for item in world.outcomes(job).values() if item.outcome == "failed"]
    assert (Path(failed.file).name, failed.code) == ("00003.jpg", Code.LOST_IN_PIPELINE)
    assert [losing.times(f"0000{number}.jpg") for number in range(4)] == [1, 2, 4, 4]


async def test_a_stage_that_only_waits_is_not_sent_anything_twice(world: Bench, tmp_path: Path) -> None:
    waiting = Reporter(waiting="waiting for the ML service")
    folder = photos(tmp_path / "photos", 10)
    async with world.scanner(tmp_path / "data", scanner_quiet_seconds=QUIET_S), world.stage(waiting):
        job = await world.request(folder)
        await until(lambda: len(waiting.seen) == 10)
        await asyncio.sleep(5 * QUIET_S)  # several quiet times pass: that is what is tested
        waiting.gate.set()
        end = await world.finished(job)
    assert (end.stored, len(waiting.seen)) == (10, 10)
