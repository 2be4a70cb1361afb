"""The processor's decoder processes, one a core: a file that hangs or crashes one costs that file alone."""

import asyncio
import pickle
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from libs.common.children.child import Child
from libs.common.children.ending import ChildEndedError, OverTimeError
from libs.common.children.launching import Program
from libs.common.children.limiting import TimeLimit
from libs.common.children.pool import Pool, Sent
from libs.common.children.restarting import RestartingChild
from libs.common.errors import Code, SluiceError
from libs.common.metrics.instruments import Instruments
from libs.common.sources.roots import ANYWHERE
from libs.common.sources.sources import Sources
from services.processor.decoding import inspection
from services.processor.decoding.fetching import Fetching, must_be_fetched
from services.processor.decoding.inspection import READY, Failed, Inspected, Reply, Request, Took
from services.processor.decoding.opening import Opening, Requested

MEMORY_BYTES = 4 << 30
"""Enough for a picture of the default MAX_PIXELS, four bytes each, next to a file of the default size."""

Inspection = Callable[[], Callable[[Request], Reply]]
"""Picklable. Called in each decoder process, it gives the function that process runs."""

_CHILD = "services.processor.decoding.child"
_START_SECONDS = 60.0
STEPS = Took.__struct_fields__


class DecodePool:
    """`workers` decoder processes, for as long as the `async with` block lasts.

    A file may take `timeout_s` seconds, as TimeLimit counts them, and a process `memory_bytes`. `opening`
    opens the files; without one any file is. Those that lie elsewhere are copied here by `fetching`. The
    steps of each trip to a process are in `instruments`.
    """

    def __init__(
        self,
        inspection: Inspection,
        workers: int,
        timeout_s: float,
        memory_bytes: int = MEMORY_BYTES,
        opening: Opening | None = None,
        fetching: Fetching | None = None,
        instruments: Instruments | None = None,
    ) -> None:
        program, prepare = Program(_CHILD, memory_bytes), _Preparation(inspection)
        decoders = [RestartingChild(program, TimeLimit(timeout_s), prepare) for _ in range(workers)]
        opening = opening or Opening(Sources(ANYWHERE), timeout_s)
        self._fetching = fetching or Fetching(Sources(ANYWHERE), timeout_s)
        self._pool = Pool(decoders, _Inspections(opening, timeout_s, instruments or Instruments()))

    async def __aenter__(self) -> "DecodePool":
        """Start all processes; SluiceError internal if one does not come up."""
        await self._pool.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._pool.close()

    async def inspect(self, requests: Sequence[Request]) -> list[Reply]:
        """Look at these files, as soon as processes are free; a reply to each, in their order."""
        here = [each for each in requests if not must_be_fetched(each)]
        if len(here) == len(requests):
            return await self._pool.ask([Requested(each) for each in requests])
        fetched = [self._fetched_reply(each) for each in requests if must_be_fetched(each)]
        near, far = await asyncio.gather(
            self._pool.ask([Requested(each) for each in here]), asyncio.gather(*fetched)
        )
        replies = {True: iter(far), False: iter(near)}
        return [next(replies[must_be_fetched(each)]) for each in requests]

    async def _fetched_reply(self, request: Request) -> Reply:
        async with self._fetching.slots:
            request, file = await self._fetching.fetched(request)
            if isinstance(file, Failed):
                return file
            # Not closed when this is cancelled: a decoder may be about to get it.
            (reply,) = await self._pool.ask([Requested(request, file)])
            file.close()
            return reply


class _Preparation:
    """Gives a process the function that it is to run."""

    def __init__(self, inspection: Inspection) -> None:
        self._body = pickle.dumps(inspection)

    async def __call__(self, child: Child) -> None:
        try:
            async with asyncio.timeout(_START_SECONDS):
                ready = await child.ask(self._body) == READY
        except (ChildEndedError, TimeoutError) as error:
            # Its own words are on standard error.
            raise _does_not_start(await child.kill()) from error
        if not ready:
            raise _does_not_start(await child.kill())


def _does_not_start(status: str) -> SluiceError:
    return SluiceError(Code.INTERNAL, f"a decoder process does not start ({status})")


class _Inspections:
    """Requests and replies as they travel; a decoder's end as its file's failure."""

    def __init__(self, opening: Opening, timeout_s: float, instruments: Instruments) -> None:
        self._opening = opening
        self._timeout_s = timeout_s
        self._instruments = instruments

    def sent(self, requests: Sequence[Requested]) -> AbstractAsyncContextManager[Sent]:
        return self._opening.opened(requests)

    def decode(self, body: bytearray) -> list[Reply]:
        replies = inspection.decode_replies(body)
        self._observe([reply.took for reply in replies if isinstance(reply, Inspected)])
        return replies

    def _observe(self, took: Sequence[Took]) -> None:
        """The seconds of each step, over all files of the trip; a step that none went through is none."""
        for step in STEPS:
            if seconds := sum(getattr(each, step) for each in took):
                self._instruments.step(step, seconds)

    def failed(self, error: ChildEndedError | OverTimeError | ValueError) -> Failed:
        if isinstance(error, OverTimeError):
            return Failed(code=Code.DECODE_TIMEOUT, error=f"Decoding took longer than {self._timeout_s:g} s")
        return Failed(code=Code.DECODER_CRASHED, error=f"The decoder crashed on this file ({error})")
