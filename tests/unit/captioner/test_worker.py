"""Pictures in; additions to points, or each picture's own failure, out."""

import asyncio
from collections.abc import Sequence

from msgspec import structs

from libs.common import events
from libs.common.errors import Code, FileError, UnavailableError
from libs.common.events import Want
from libs.common.kafka.outgoing import Outgoing
from libs.common.messages import Description, ImageRecord, PointRecord, decode
from libs.common.topics import JOB_STATUS, POINTS
from services.captioner.worker import CaptionerWorker
from tests.support import records
from tests.support.waiting import until


class Writer:
    """Captions a picture by its bytes, unless it is to fail or be away; counts what it does at once."""

    model = "vision"

    def __init__(self) -> None:
        self.away = False
        self.at_once = self.most = 0

    async def caption(self, jpeg: bytes) -> str:
        if self.away:
            raise UnavailableError(Code.ML_UNAVAILABLE, "it is away")
        if jpeg == b"bad":
            raise FileError(Code.CAPTION_FAILED, "refused")
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        return f"a {jpeg.decode()}"


class Reader:
    """Reads the same in each picture."""

    model = "ocr"

    async def read(self, jpeg: bytes) -> str:
        return "EXIT" if jpeg != b"plain" else ""


def record(name: str, *adds: Want, jpeg: bytes = b"cat") -> ImageRecord:
    return records.image_record(structs.replace(records.file(name), adds=adds), jpeg)


def described(outgoing: Sequence[Outgoing]) -> dict[str, Description | None]:
    found = [decode(each.value or b"", PointRecord) for each in outgoing if each.topic is POINTS]
    return {each.file.file.rpartition("/")[2]: each.description for each in found}


def failed(outgoing: Sequence[Outgoing]) -> dict[str, Code | None]:
    reported = [events.decode_event(each.value or b"") for each in outgoing if each.topic is JOB_STATUS]
    items = [item for event in reported if isinstance(event, events.Outcomes) for item in event.items]
    return {item.file.rpartition("/")[2]: item.code for item in items}


async def test_each_picture_gets_what_its_job_adds() -> None:
    work = CaptionerWorker(Writer(), Reader())
    sent = await work(
        [
            record("a.jpg", "caption"),
            record("b.jpg", "text"),
            record("c.jpg", "caption", "text", jpeg=b"plain"),
        ]
    )
    assert described(sent) == {
        "a.jpg": Description(caption="a cat", caption_model="vision"),
        "b.jpg": Description(text="EXIT", text_model="ocr"),
        "c.jpg": Description(caption="a plain", caption_model="vision", text="", text_model="ocr"),
    }
    assert failed(sent) == {}


async def test_a_refusal_is_that_pictures_failure_alone() -> None:
    sent = await CaptionerWorker(Writer(), None)(
        [record("a.jpg", "caption", jpeg=b"bad"), record("b.jpg", "caption"), record("c.jpg", "text")]
    )
    assert failed(sent) == {"a.jpg": Code.CAPTION_FAILED, "c.jpg": Code.TEXT_FAILED}
    assert list(described(sent)) == ["b.jpg"]


async def test_without_anyone_who_writes_each_picture_says_what_to_set() -> None:
    (sent,) = await CaptionerWorker(None, None)([record("a.jpg", "caption")])
    reported = events.decode_event(sent.value or b"")
    assert isinstance(reported, events.Outcomes)
    assert "CAPTION_URL" in (reported.items[0].error or "")


async def test_it_asks_about_one_picture_at_a_time() -> None:
    writer = Writer()
    work = CaptionerWorker(writer, None)
    await asyncio.gather(*(work([record(f"{n}-{m}.jpg", "caption") for m in range(3)]) for n in range(3)))
    assert writer.most == 1


async def test_it_waits_for_a_model_that_is_away_and_says_so() -> None:
    writer = Writer()
    writer.away = True
    work = CaptionerWorker(writer, None)
    waiting = asyncio.create_task(work([record("a.jpg", "caption")]))
    await until(lambda: work.waiting is not None)
    assert work.waiting == "it is away"
    writer.away = False
    assert list(described(await waiting)) == ["a.jpg"]
    assert work.waiting is None
