"""Captions from an OpenAI-compatible endpoint, one picture a request."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec

from libs.common.errors import Code, FileError, UnavailableError
from libs.common.ml.failures import reason_of_error
from libs.common.unreadable import UNREADABLE
from services.captioner.answers import caption_in, seconds_to_wait
from services.captioner.settings import CaptionerSettings

MOST_TOKENS = 300
FAULTS = 3
"""Failures of the endpoint on one picture, after which the picture is to blame; a bad answer is one too."""
_AWAY = (401, 403, 404, 405, 502, 503, 504)
_CONNECT_SECONDS = 5.0

Pause = Callable[[float], Awaitable[object]]


class CaptionWriter:
    """Asks one endpoint. `pause` is how it waits (seconds)."""

    def __init__(
        self, http: httpx.AsyncClient, settings: CaptionerSettings, pause: Pause = asyncio.sleep
    ) -> None:
        self._http = http
        self._settings = settings
        self._pause = pause

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: CaptionerSettings) -> AsyncIterator["CaptionWriter"]:
        """With connections of its own; `settings` has a CAPTION_URL."""
        url, key = settings.caption_url or "", settings.caption_key
        async with httpx.AsyncClient(
            base_url=url.rstrip("/") + "/",
            headers={"authorization": f"Bearer {key.get_secret_value()}"} if key else None,
            timeout=httpx.Timeout(settings.caption_timeout_seconds, connect=_CONNECT_SECONDS),
            # Photos go where the setting says, and through no proxy.
            trust_env=False,
            verify=ssl.create_default_context() if url.startswith("https:") else True,
        ) as http:
            yield cls(http, settings)

    @property
    def model(self) -> str:
        """Who writes, as points name it."""
        return self._settings.caption_model

    async def caption(self, jpeg: bytes) -> str:
        """What the picture shows.

        Raises FileError caption_failed for a refusal, or after FAULTS bad answers, failures or timeouts; and
        UnavailableError ml_unavailable while the endpoint is away.
        """
        last = "no answer"
        for _ in range(FAULTS):
            try:
                answer = await self._http.post("chat/completions", json=self._body(jpeg))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                raise self._away(reason_of_error(error)) from error
            except httpx.TimeoutException:
                last = f"no answer in {self._settings.caption_timeout_seconds:.0f} s"
                continue
            except httpx.HTTPError as error:
                last = reason_of_error(error)
                continue
            if answer.status_code == 429:
                await self._pause(seconds_to_wait(answer.headers.get("retry-after")))
                raise self._away("it has too many requests (429)")
            if answer.status_code in _AWAY:
                raise self._away(f"it answers {answer.status_code}")
            if answer.status_code == 200:
                try:
                    return caption_in(answer.content)
                except UNREADABLE as error:
                    last = f"its answer is not understood: {error}"
                    continue
            last = f"it answers {answer.status_code}: {_detail(answer.content)}"
            if answer.status_code != 500:
                break
        raise FileError(Code.CAPTION_FAILED, f"the caption model gave no caption: {last}"[:500])

    def _body(self, jpeg: bytes) -> dict[str, Any]:
        url = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
        content = [
            {"type": "text", "text": self._settings.caption_prompt},
            {"type": "image_url", "image_url": {"url": url}},
        ]
        return {
            "model": self._settings.caption_model,
            "messages": [{"role": "user", "content": content}],
            "max_tokens": MOST_TOKENS,
            "temperature": 0,
            "stream": False,
        }

    def _away(self, why: str) -> UnavailableError:
        return UnavailableError(
            Code.ML_UNAVAILABLE, f"waiting for the caption model at {self._settings.caption_url}: {why}"
        )


class _Error(msgspec.Struct):
    message: str = ""


class _ErrorBody(msgspec.Struct):
    error: _Error | str = ""


def _detail(body: bytes) -> str:
    try:
        text = msgspec.json.decode(body, type=_ErrorBody).error
    except UNREADABLE:
        return "no reason given"
    return text if isinstance(text, str) else text.message
