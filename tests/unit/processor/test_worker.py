import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec import structs

from libs.common import events, messages
from libs.common.control import ModelInUse
from libs.common.errors import Code
from libs.common.kafka.outgoing import Outgoing
from libs.common.messages import ImageRecord, PathRecord, PointRecord
from libs.common.topics import IMAGES, JOB_STATUS, POINTS
from services.processor.decoding.inspection import Changing, Failed, Inspected, Reply, Request
from services.processor.worker import ProcessorWorker
from tests.unit.processor.samples import MODEL, content, file_for, inference

PATH = Path("/photos/a.jpg")
SEEN = Inspected(size=7, mtime_ns=8, ctime_ns=9, content=content(), jpeg=b"jpeg")
HIT = structs.replace(SEEN, jpeg=None, inference=inference())


class Scripted:
    """Answers by path, in order; the last answer again and again. Remembers what it was asked."""

    def __init__(self, answers: dict[bytes, Sequence[Reply]]) -> None:
        self.answers = {path: list(some) for path, some in answers.items()}
        self.requested: list[Request] = []

    async def inspect(self, requests: Sequence[Request]) -> list[Reply]:
        self.requested += requests
        await asyncio.sleep(0)
        return [self._answer(self.answers[request.path]) for request in requests]

    def _answer(self, some: list[Reply]) -> Reply:
        return some.pop(0) if len(some) > 1 else some[0]


def worker(inspects: Scripted, model: str | None = MODEL, input_side: int | None = None) -> ProcessorWorker:
    in_use = None if model is None else ModelInUse(model=model, dimension=512, input_side=input_side)
    return ProcessorWorker(inspects, lambda _: in_use, pauses_s=(0.0, 0.0))


async def run(*answers: Reply, **fields: object) -> list[Outgoing]:
    inspects = Scripted({bytes(PATH): answers})
    return await worker(inspects)([PathRecord(file=file_for(PATH, **fields))])


def the_outcome(outgoing: list[Outgoing]) -> events.Outcome:
    (only,) = outgoing
    assert only.topic is JOB_STATUS
    body = events.decode_event(only.value or b"")
    assert isinstance(body, events.Outcomes)
    (outcome,) = body.items
    return outcome


async def test_a_miss_goes_to_images_with_the_stat_of_the_read() -> None:
    (sent,) = await run(SEEN, size=1, mtime_ns=2)
    assert sent.topic is IMAGES
    assert (sent.key, sent.file_id) == ("job-1", file_for(PATH).file_id)
    record = messages.decode(sent.value or b"", ImageRecord)
    assert (record.content, record.jpeg) == (SEEN.content, b"jpeg")
    assert record.file == file_for(PATH, size=7, mtime_ns=8, ctime_ns=9)


async def test_a_hit_goes_to_points() -> None:
    (sent,) = await run(HIT)
    assert sent.topic is POINTS
    record = messages.decode(sent.value or b"", PointRecord)
    assert (record.source, record.content, record.inference) == ("cache", HIT.content, HIT.inference)


async def test_a_failure_is_the_files_outcome() -> None:
    outcome = the_outcome(await run(Failed(code=Code.TRUNCATED_IMAGE, error="The JPEG ends early")))
    assert outcome == events.Outcome(
        file_id=file_for(PATH).file_id,
        file="/photos/a.jpg",
        outcome="failed",
        code=Code.TRUNCATED_IMAGE,
        error="The JPEG ends early",
    )


async def test_an_unsupported_file_has_the_words_that_clients_know() -> None:
    outcome = the_outcome(await run(Failed(code=Code.UNSUPPORTED_TYPE, error="Skipped non-image file")))
    assert (outcome.error, outcome.details) == ("Skipped non-image file", "File type not supported")


async def test_a_file_that_settles_is_taken_as_it_then_is() -> None:
    inspects = Scripted({bytes(PATH): [Changing(size=5, mtime_ns=6), SEEN]})
    (sent,) = await worker(inspects)([PathRecord(file=file_for(PATH, size=1, mtime_ns=2))])
    assert sent.topic is IMAGES
    assert [(requested.size, requested.mtime_ns) for requested in inspects.requested] == [(1, 2), (5, 6)]


async def test_a_file_that_never_settles_fails() -> None:
    inspects = Scripted({bytes(PATH): [Changing(size=5, mtime_ns=6)]})
    outcome = the_outcome(await worker(inspects)([PathRecord(file=file_for(PATH))]))
    assert outcome.code is Code.FILE_CHANGING
    assert len(inspects.requested) == 3


async def test_the_cache_is_asked_for_the_model_in_use() -> None:
    inspects = Scripted({bytes(PATH): [SEEN]})
    record = PathRecord(file=file_for(PATH, caption=False, cache_cleared_at=12.5))
    await worker(inspects)([record])
    requested = inspects.requested[0]
    assert (requested.model, requested.caption, requested.cache_cleared_at) == (MODEL, False, 12.5)


async def test_force_and_an_unknown_model_leave_the_cache_alone() -> None:
    inspects = Scripted({bytes(PATH): [SEEN]})
    await worker(inspects)([PathRecord(file=file_for(PATH, force=True))])
    await worker(inspects, model=None)([PathRecord(file=file_for(PATH))])
    assert [requested.model for requested in inspects.requested] == [None, None]


async def test_each_file_of_a_batch_appears_once() -> None:
    answers: dict[bytes, Sequence[Reply]] = {
        b"/p/miss": [SEEN],
        b"/p/hit": [HIT],
        b"/p/bad": [Failed(code=Code.EMPTY_FILE, error="The file is empty")],
        b"/p/\xff": [Failed(code=Code.DECODER_CRASHED, error="The decoder crashed")],
    }
    batch = [PathRecord(file=file_for(path)) for path in answers]
    sent = await worker(Scripted(answers))(batch)
    assert [out.topic for out in sent] == [IMAGES, POINTS, JOB_STATUS]
    body = events.decode_event(sent[-1].value or b"")
    assert isinstance(body, events.Outcomes)
    assert [item.file for item in body.items] == ["/p/bad", "/p/\\xff"]


def test_it_never_waits_for_anything_outside() -> None:
    assert worker(Scripted({})).waiting is None


async def test_a_file_that_was_archived_meanwhile_is_skipped_and_not_failed() -> None:
    outcome = the_outcome(
        await run(Failed(code=Code.ARCHIVED, error="The file was archived while the job ran"))
    )
    assert (outcome.outcome, outcome.code) == ("skipped", Code.ARCHIVED)


@pytest.mark.parametrize(("input_side", "requested"), [(None, None), (224, 224), (64, 200), (4000, 1024)])
async def test_pictures_get_the_size_that_the_model_looks_at(
    input_side: int | None, requested: int | None
) -> None:
    inspects = Scripted({bytes(PATH): [Failed(code=Code.EMPTY_FILE, error="The file is empty")]})
    await worker(inspects, input_side=input_side)([PathRecord(file=file_for(PATH))])
    assert [request.short_side for request in inspects.requested] == [requested]


async def test_a_decoder_that_was_ended_is_logged_with_its_file(caplog: pytest.LogCaptureFixture) -> None:
    await run(Failed(code=Code.DECODE_TIMEOUT, error="Decoding took longer than 60 s"))
    (line,) = caplog.messages
    assert line.startswith("job job-1: ")
    assert "a decoder process was ended" in line
    caplog.clear()
    await run(Failed(code=Code.TRUNCATED_IMAGE, error="The JPEG ends early"))
    assert caplog.messages == []
