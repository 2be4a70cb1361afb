"""A stage that is declared in the table is known to all that must know of it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from libs.common import events, messages, stages, topics
from libs.common.errors import Code
from libs.common.events import DeadLetter, Heartbeat
from libs.common.kafka.outgoing import Outgoing, work
from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.dead_letters import failed_work
from libs.common.kafka.runner.runner import Runner
from libs.common.kafka.runner.tries import blame
from libs.common.kafka.topics import admin
from libs.common.messages import FileRecord, PathRecord
from libs.common.runtime.service import Health
from libs.common.stages import PROCESSOR, Stage
from libs.common.topics import DEAD_LETTERS, IMAGES, Topic
from services.gateway.system import presence
from services.gateway.system.lag import lags
from tests.support import records
from tests.support.kafka import records_of
from tests.support.scanning import Bench, Reporter, photos
from tests.support.serving import working
from tests.support.waiting import until

pytestmark = pytest.mark.slow

QUIET_S = 0.4


class CroppedRecord(FileRecord, frozen=True, kw_only=True):
    """What the added stage reads."""

    margin: int = 0


CROPPED = Topic("cropped", "A picture without its frame.", "job id")
CROPPER = Stage("cropper", (CROPPED,), CroppedRecord, (IMAGES,), files_wait=True, every_job=True)


class PassingOn:
    """The processor's stand-in: every file goes to the added stage."""

    waiting: str | None = None

    def __init__(self) -> None:
        self.seen = 0

    async def __call__(self, batch: Sequence[PathRecord]) -> list[Outgoing]:
        self.seen += len(batch)
        return [work(CROPPED, CroppedRecord(file=record.file)) for record in batch]


@pytest.fixture(autouse=True)
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    at = stages.ALL.index(PROCESSOR) + 1
    monkeypatch.setattr(stages, "ALL", (*stages.ALL[:at], CROPPER, *stages.ALL[at:]))
    monkeypatch.setattr(admin, "ALL", (*topics.ALL, CROPPED))


async def test_files_that_wait_in_it_are_not_taken_for_lost(world: Bench, tmp_path: Path) -> None:
    processor, cropper, folder = PassingOn(), Reporter(), photos(tmp_path / "photos", 5)
    cropper.gate.set()
    passing = Runner(world.connection, world.publisher, processor, Input(PROCESSOR, batch=8), Health())
    cropping = Runner(world.connection, world.publisher, cropper, Input(CROPPER, batch=8), Health())
    async with (
        world.scanner(tmp_path / "data", scanner_quiet_seconds=QUIET_S),
        working(passing.run(asyncio.Event())),
    ):
        job = await world.request(folder)
        await until(lambda: processor.seen == 5)
        await asyncio.sleep(5 * QUIET_S)  # several quiet times pass: that is what is tested
        assert (processor.seen, (await lags(world.connection))[CROPPER.name]) == (5, 5)
        async with working(cropping.run(asyncio.Event())):
            end = await world.finished(job)
    assert (end.state, end.stored, processor.seen, len(cropper.seen)) == ("completed", 5, 5, 5)


async def test_what_it_cannot_read_is_a_dead_letter_and_what_it_can_is_named(world: Bench) -> None:
    cropping = Runner(world.connection, world.publisher, Reporter(), Input(CROPPER, batch=8), Health())
    await world.publisher.publish([Outgoing(CROPPED, "job", b"\xc1poison", file_id="f")])
    async with working(cropping.run(asyncio.Event())), asyncio.timeout(20):
        while not (found := await records_of(world.connection, DEAD_LETTERS)):
            await asyncio.sleep(0.05)
    dead_letter = events.decode(found[0].value, DeadLetter)
    assert (dead_letter.code, dead_letter.file_id) == (Code.UNDECODABLE_RECORD, "f")
    (record,) = await records_of(world.connection, CROPPED)
    body = CroppedRecord(file=records.file("a.jpg"))
    assert messages.decode(messages.encode(body), CroppedRecord) == body
    reported = events.decode_event(failed_work(record, blame(), body)[1].value or b"")
    assert isinstance(reported, events.Outcomes)
    assert reported.items[0].file == body.file.file


def test_jobs_wait_for_it() -> None:
    well = [
        Heartbeat(instance=f"{name}-1", stage=name, release="1", state="ready")
        for name in stages.needed()
        if name != CROPPER.name
    ]
    found = presence.instances(well, events.now())
    assert presence.waiting_reason(found) == "waiting for a cropper"
    assert presence.not_ready(found) is not None


def test_it_stops_between_those_that_give_and_those_that_take() -> None:
    order = stages.services()
    assert order.index("processor") + 1 == order.index("cropper") == order.index("inferencer") - 1
    assert "cropper" in stages.groups()
