"""What an endpoint answers: the caption in it, or how long to wait. Pure."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

import msgspec

from libs.common.errors import Code, FileError

LONGEST_CAPTION = 2000
"""Characters. A model that goes on and on has lost its way."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 300.0

_THINKING = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Answer(msgspec.Struct):
    choices: list[_Choice]


def caption_in(body: bytes) -> str:
    """The caption, on one line.

    Raises FileError caption_failed where the model refuses, and ValueError or msgspec's errors for an answer
    that is none: no choice, no words, or far too many.
    """
    choices = msgspec.json.decode(body, type=_Answer).choices
    if not choices:
        raise ValueError("there is no choice in it")
    message = choices[0].message
    if message.refusal or choices[0].finish_reason == "content_filter":
        why = (message.refusal or "its filter held the answer back")[:300]
        raise FileError(Code.CAPTION_FAILED, f"the caption model refuses this picture: {why}")
    caption = " ".join(_THINKING.sub("", message.content or "").split())
    if not any(letter.isalpha() for letter in caption):
        raise ValueError("there are no words in it")
    if len(caption) > LONGEST_CAPTION:
        raise ValueError(f"it has {len(caption)} characters")
    return caption


def seconds_to_wait(retry_after: str | None) -> float:
    """What a Retry-After header asks for, as seconds or as a date, within limits."""
    if not retry_after:
        return FIRST_WAIT_S
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return FIRST_WAIT_S
    return min(max(seconds, FIRST_WAIT_S), LONGEST_WAIT_S) if isfinite(seconds) else FIRST_WAIT_S
