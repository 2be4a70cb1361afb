"""Watching the ML service: whether it is there, what it is, and why we wait if it is not."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from libs.common.errors import Code, UnavailableError
from libs.common.ml.capabilities import Capabilities
from libs.common.ml.inference import InferenceClient
from services.inferencer.model_report import ModelReport

Pause = Callable[[float], Awaitable[object]]

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 10.0


class Watch:
    """The state of one ML service. `there` drives itself; `run` keeps it fresh next to it.

    `where` is the service's address, for people. `pause` is how it waits (seconds).
    """

    def __init__(
        self,
        client: InferenceClient,
        report: ModelReport,
        where: str,
        *,
        poll_s: float = 10.0,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._client = client
        self._report = report
        self._where = where
        self._poll_s = poll_s
        self._pause = pause
        self._lock = asyncio.Lock()
        self._found: Capabilities | None = None
        self.known = Capabilities(safe_batch=1)
        """What the service reported last, even if it is away now."""
        self._failures = 0
        self._away: str | None = self._sentence("it has not been asked yet")
        self._ill: str | None = None
        self._asking = 0

    @property
    def waiting(self) -> str | None:
        """Why nothing can be embedded now, as a sentence; None while it can."""
        return self._away or self._ill

    @property
    def report(self) -> ModelReport:
        """Where results tell which model made them."""
        return self._report

    async def there(self) -> Capabilities:
        """What the service reports, once it is there with its models loaded, however long that takes."""
        async with self._lock:
            while (found := self._found) is None:
                if self._failures:
                    await self._pause(_pause_after(self._failures))
                await self._look(warm=True)
            return found

    async def run(self) -> None:
        """Look every `poll_s` seconds, sooner while it is away, until cancelled.

        Models that no one needs now stay unloaded.
        """
        while True:
            async with self._lock:
                await self._look(warm=False)
            soon = _pause_after(self._failures) if self._failures else self._poll_s
            await self._pause(min(soon, self._poll_s))

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While a request runs, a service that is too busy to report is not taken for gone."""
        self._asking += 1
        try:
            yield
        finally:
            self._asking -= 1

    def failed(self, reason: str) -> None:
        """A request failed through no fault of its images: look again before the next one."""
        self._found = None
        self._failures += 1
        self._ill = self._sentence(reason)

    def worked(self) -> None:
        """A request was answered."""
        self._failures = 0
        self._away = self._ill = None

    async def _look(self, *, warm: bool) -> None:
        try:
            found = await self._client.capabilities()
            if warm and not (found.loaded and found.captions_loaded):
                found = await self._warmed_up()
        except UnavailableError as error:
            self._lost(error.detail)
        else:
            await self._seen(found)

    async def _warmed_up(self) -> Capabilities:
        self._away = self._sentence("its models are being loaded")
        await self._client.warm_up()
        found = await self._client.capabilities()
        if not found.loaded:
            raise UnavailableError(Code.ML_UNAVAILABLE, "its models are still being loaded")
        return found

    async def _seen(self, found: Capabilities) -> None:
        self.known = found
        self._found = found if found.loaded else None
        self._away = None
        if self._ill is None:
            self._failures = 0
        await self._report.saw(found)

    def _lost(self, reason: str) -> None:
        if self._asking and self._found:
            return
        self._found = None
        self._failures += 1
        self._away = self._sentence(reason)

    def _sentence(self, reason: str) -> str:
        return f"waiting for the ML service at {self._where}: {reason}"


def _pause_after(failures: int) -> float:
    """Seconds: doubled with each failure in a row."""
    return min(_FIRST_PAUSE_S * 2.0 ** min(failures - 1, 10), _LONGEST_PAUSE_S)
