"""The processor's logic: a path becomes an image to embed, a point that is known already, or a failure."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import structs

from libs.common.errors import Code, FileError
from libs.common.events import Outcome, failure
from libs.common.kafka.outgoing import Outgoing, outcomes, work
from libs.common.messages import File, ImageRecord, PathRecord, PointRecord
from libs.common.topics import IMAGES, POINTS
from services.processor.inspection import Changing, Inspected, Request

PAUSES_S = (0.2, 0.5, 1.0, 2.0)
"""How long a file that changes is left alone before each further look."""

_DETAILS = {Code.UNSUPPORTED_TYPE: "File type not supported"}


class Inspects(Protocol):
    """Who looks at files, as many at once as it sees fit."""

    async def inspect(self, request: Request) -> Inspected | Changing:
        """Look at one file. Raises FileError."""


class ProcessorWorker:
    """A Worker over PathRecord. `model` tells the model in use; without one the cache is not asked."""

    def __init__(
        self,
        inspects: Inspects,
        model: Callable[[], str | None],
        pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        self._inspects = inspects
        self._model = model
        self._pauses_s = pauses_s

    @property
    def waiting(self) -> str | None:
        """Never: it depends on nothing outside."""
        return None

    async def __call__(self, batch: Sequence[PathRecord]) -> list[Outgoing]:
        """Look at all files of the batch at once; each gives one record or one outcome."""
        results = await asyncio.gather(*(self._result(record.file) for record in batch))
        known = [result for result in results if isinstance(result, Outgoing)]
        failed = [result for result in results if not isinstance(result, Outgoing)]
        return [*known, *outcomes(failed)]

    async def _result(self, file: File) -> Outgoing | tuple[str, Outcome]:
        try:
            return _record(file, await self._inspected(file))
        except FileError as error:
            outcome = failure(file.file_id, file.file, error, _DETAILS.get(error.code))
            if error.code is Code.ARCHIVED:
                outcome = structs.replace(outcome, outcome="skipped")
            return file.job_id, outcome

    async def _inspected(self, file: File) -> Inspected:
        """The file once it stands still; FileError file_changing if it never does."""
        request = Request(
            path=file.path,
            size=file.size,
            mtime_ns=file.mtime_ns,
            model=None if file.force else self._model(),
            caption=file.caption,
            cache_cleared_at=file.cache_cleared_at,
        )
        for pause_s in (*self._pauses_s, None):
            seen = await self._inspects.inspect(request)
            if isinstance(seen, Inspected):
                return seen
            request = structs.replace(request, size=seen.size, mtime_ns=seen.mtime_ns)
            if pause_s is not None:
                await asyncio.sleep(pause_s)
        raise FileError(Code.FILE_CHANGING, "The file is still being written")


def _record(file: File, seen: Inspected) -> Outgoing:
    """What the next stage gets, with the file's stat as it was when it was read."""
    read = structs.replace(file, size=seen.size, mtime_ns=seen.mtime_ns, ctime_ns=seen.ctime_ns)
    if seen.inference is not None:
        return work(
            POINTS, PointRecord(file=read, content=seen.content, inference=seen.inference, source="cache")
        )
    if seen.jpeg is None:
        raise FileError(Code.DECODE_FAILED, "The decoder returned neither a picture nor a cached result")
    return work(IMAGES, ImageRecord(file=read, content=seen.content, jpeg=seen.jpeg))
