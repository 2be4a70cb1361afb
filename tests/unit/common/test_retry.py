"""The one retry policy."""

from itertools import islice

import pytest

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.runtime import retry


def test_pauses_grow_twofold_up_to_their_limit() -> None:
    assert list(islice(retry.pauses(0.5), 7)) == [0.5, 1, 2, 4, 8, 10, 10]


async def test_what_is_away_is_tried_again_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_PAUSE_S", 0.001)
    away = [UnavailableError(Code.STORE_UNAVAILABLE, word) for word in ("once", "twice")]
    answers: list[UnavailableError | int] = [*away, 7]
    heard: list[str] = []

    async def call() -> int:
        answer = answers.pop(0)
        if isinstance(answer, UnavailableError):
            raise answer
        return answer

    assert await retry.patiently(call, lambda error: heard.append(error.detail)) == 7
    assert heard == ["once", "twice"]


async def test_what_will_not_pass_is_raised_at_once() -> None:
    async def call() -> None:
        raise SluiceError(Code.STORE_REJECTED, "never")

    with pytest.raises(SluiceError, match="never"):
        await retry.patiently(call, lambda _: None)
