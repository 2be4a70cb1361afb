"""Captions over the wire of an OpenAI-compatible endpoint."""

import base64
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from libs.common.errors import Code, FileError, UnavailableError
from services.captioner.answers import LONGEST_CAPTION, LONGEST_WAIT_S, seconds_to_wait
from services.captioner.settings import CaptionerSettings
from services.captioner.writer import FAULTS, CaptionWriter
from tests.unit.captioner.endpoint import Answer, Endpoint, answering, endpoint

JPEG = b"\xff\xd8picture"


def settings(server: Endpoint, **fields: Any) -> CaptionerSettings:
    return CaptionerSettings(**({"caption_url": server.url, "caption_model": "vision"} | fields))


async def caption(server: Endpoint, waits: list[float] | None = None, **fields: Any) -> str:
    async def pause(seconds: float) -> None:
        if waits is not None:
            waits.append(seconds)

    async with CaptionWriter.open(settings(server, **fields)) as writer:
        writer._pause = pause
        return await writer.caption(JPEG)


async def failure(*answers: Answer, **fields: Any) -> tuple[str, int]:
    """The error of a picture, and how often it was asked about."""
    with endpoint(*answers) as server, pytest.raises(FileError) as error:
        await caption(server, **fields)
    assert error.value.code is Code.CAPTION_FAILED
    return error.value.detail, len(server.requests)


async def test_it_sends_the_picture_and_the_prompt_and_asks_for_no_stream() -> None:
    with endpoint(answering("  A cat\nsleeps on a sofa. ")) as server:
        found = await caption(server, caption_prompt="What is it?", caption_key=SecretStr("secret"))
    assert found == "A cat sleeps on a sofa."
    (calls,) = server.requests
    text, image = calls["messages"][0]["content"]
    assert (calls["model"], calls["stream"], text["text"]) == ("vision", False, "What is it?")
    assert image["image_url"]["url"] == "data:image/jpeg;base64," + base64.b64encode(JPEG).decode()
    assert server.headers[0]["authorization"] == "Bearer secret"


async def test_what_a_model_thinks_is_no_caption() -> None:
    with endpoint(answering("<think>It may be\na dog.</think>A dog.")) as server:
        assert await caption(server) == "A dog."


async def test_a_refusal_is_the_pictures_error_at_once() -> None:
    detail, calls = await failure(answering(None, refusal="I cannot help with that."))
    assert "I cannot help with that." in detail
    assert calls == 1


@pytest.mark.parametrize(
    "answer",
    [
        answering(""),
        answering("<think>only thoughts"),
        answering("!!! 123"),
        answering("word " * LONGEST_CAPTION),
        Answer(body=b"<html>"),
        Answer(body={"choices": []}),
        Answer(body={"choices": [{"message": {"content": 5}}]}),
        Answer(500, {"error": {"message": "it broke"}}),
    ],
)
async def test_nonsense_is_asked_for_again_and_then_the_pictures_error(answer: Answer) -> None:
    _, calls = await failure(answer)
    assert calls == FAULTS


async def test_a_bad_answer_can_be_followed_by_a_good_one() -> None:
    with endpoint(answering(""), answering("A boat.")) as server:
        assert await caption(server) == "A boat."


async def test_what_it_will_not_take_is_not_sent_again() -> None:
    detail, calls = await failure(Answer(400, {"error": {"message": "image too large", "type": "invalid"}}))
    assert "image too large" in detail
    assert calls == 1


async def test_no_answer_in_time_is_the_pictures_error() -> None:
    detail, calls = await failure(Answer(body={}, after=0.5), caption_timeout_seconds=0.1)
    assert "no answer" in detail
    assert calls == FAULTS


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), (None, 1.0), ("nonsense", 1.0)])
async def test_too_many_requests_wait_as_long_as_is_asked_for(header: str | None, seconds: float) -> None:
    waits: list[float] = []
    headers = {} if header is None else {"retry-after": header}
    answer = Answer(429, {"error": {"message": "slow down"}}, headers)
    with endpoint(answer) as server, pytest.raises(UnavailableError, match="429"):
        await caption(server, waits)
    assert waits == [seconds]


def test_a_date_to_wait_for_is_understood_and_no_wait_is_endless() -> None:
    assert seconds_to_wait("Wed, 01 Jan 2020 00:00:00 GMT") == 1.0
    assert seconds_to_wait("99999999") == LONGEST_WAIT_S
    assert seconds_to_wait("nan") == 1.0


@pytest.mark.parametrize("status", [401, 404, 503])
async def test_an_endpoint_that_does_not_serve_is_waited_for(status: int) -> None:
    with endpoint(Answer(status, {})) as server, pytest.raises(UnavailableError, match=str(status)):
        await caption(server)


async def test_an_endpoint_that_is_gone_is_waited_for() -> None:
    with endpoint(answering("A cat.")) as server:
        pass
    with pytest.raises(UnavailableError, match="connection refused"):
        await caption(server)


def test_photos_stay_on_this_machine_unless_that_is_allowed() -> None:
    with pytest.raises(ValidationError, match="CAPTION_ALLOW_REMOTE"):
        CaptionerSettings(caption_url="http://vision.example.com/v1", caption_model="v")
    remote = CaptionerSettings(
        caption_url="http://vision.example.com/v1", caption_model="v", caption_allow_remote=True
    )
    assert remote.caption_url
    with pytest.raises(ValidationError, match="CAPTION_MODEL"):
        CaptionerSettings(caption_url="http://localhost:11434/v1")
