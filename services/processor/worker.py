"""The processor's logic: a path becomes an image to embed, a point that is known already, or a failure."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from msgspec import structs

from libs.common.control import ModelInUse
from libs.common.errors import Code, FileError
from libs.common.events import Outcome, Want, failure
from libs.common.kafka.outgoing import Outgoing, outcomes, work
from libs.common.messages import File, ImageRecord, Inference, PathRecord, PointRecord
from libs.common.metrics.declared import CACHE, DECODERS_ENDED, FILE_BYTES
from libs.common.metrics.instruments import Instruments
from libs.common.topics import CAPTIONS, IMAGES, POINTS
from services.processor.decoding.fetching import must_be_fetched
from services.processor.decoding.inspection import Changing, Failed, Inspected, Reply, Request
from services.processor.late import Late

log = logging.getLogger(__name__)

PAUSES_S = (0.2, 0.5, 1.0, 2.0)
"""How long a file that changes is left alone before each further look."""

_ENDED = (Code.DECODE_TIMEOUT, Code.DECODER_CRASHED)
_DETAILS = {Code.UNSUPPORTED_TYPE: "File type not supported"}


PICTURE_SIDES: Mapping[Want, int] = {"caption": 512, "text": 1024}
"""Pixels on the shorter side of a picture that is described: small print takes more than a scene."""

Model = Callable[[str | None], ModelInUse | None]
"""What is known of the model of that name; None: of the one in use."""


class Inspects(Protocol):
    """Who looks at files, as many at once as it sees fit."""

    async def inspect(self, requests: Sequence[Request]) -> list[Reply]:
        """Look at these files; a reply to each, in their order."""


class ProcessorWorker:
    """A Worker over PathRecord. `model` tells what embeds; where it is not known the cache is not asked.

    `late` has what is done of a batch go on while it waits for files that must be fetched.
    """

    def __init__(
        self,
        inspects: Inspects,
        model: Model,
        pauses_s: Sequence[float] = PAUSES_S,
        late: Late | None = None,
        instruments: Instruments | None = None,
    ) -> None:
        self._inspects = inspects
        self._model = model
        self._late = late
        self._pauses_s = pauses_s
        self._instruments = instruments or Instruments()

    @property
    def waiting(self) -> str | None:
        """Never: it depends on nothing outside."""
        return None

    async def __call__(self, batch: Sequence[PathRecord]) -> list[Outgoing]:
        """Look at all files of the batch at once; each gives one record or one outcome."""
        files = [record.file for record in batch]
        far = [file for file in files if must_be_fetched(file)]
        if self._late is None or not far:
            return await self._outgoing(files)
        here = [file for file in files if not must_be_fetched(file)]
        return await self._late.results(
            [self._outgoing(some) for some in (here, *([file] for file in far)) if some]
        )

    async def _outgoing(self, files: Sequence[File]) -> list[Outgoing]:
        seen = await self._seen(files)
        self._count(seen)
        results = [_result(file, reply) for file, reply in zip(files, seen, strict=True)]
        known = [result for result in results if isinstance(result, Outgoing)]
        failed = [result for result in results if not isinstance(result, Outgoing)]
        return [*known, *outcomes(failed)]

    def _count(self, seen: Sequence[Reply]) -> None:
        looked = [reply for reply in seen if isinstance(reply, Inspected)]
        hits = sum(reply.inference is not None for reply in looked)
        self._instruments.count(CACHE, "hit", by=hits)
        self._instruments.count(CACHE, "miss", by=len(looked) - hits)
        self._instruments.count(FILE_BYTES, by=sum(reply.size for reply in looked))
        ended = Counter(reply.code for reply in seen if isinstance(reply, Failed) and reply.code in _ENDED)
        for code, count in ended.items():
            self._instruments.count(DECODERS_ENDED, str(code), by=count)

    async def _seen(self, files: Sequence[File]) -> list[Reply]:
        """Each file once it stands still; those that never do are Changing."""
        requests = [self._request(file) for file in files]
        seen = await self._inspects.inspect(requests)
        for pause_s in self._pauses_s:
            if not (changing := {n: reply for n, reply in enumerate(seen) if isinstance(reply, Changing)}):
                break
            await asyncio.sleep(pause_s)
            for n, reply in changing.items():
                requests[n] = structs.replace(requests[n], size=reply.size, mtime_ns=reply.mtime_ns)
            again = await self._inspects.inspect([requests[n] for n in changing])
            for n, reply_again in zip(changing, again, strict=True):
                seen[n] = reply_again
        return seen

    def _request(self, file: File) -> Request:
        model = None if file.adds else self._model(file.model)
        return Request(
            path=file.path,
            size=file.size,
            mtime_ns=file.mtime_ns,
            etag=file.etag,
            offset=file.offset,
            described_by=file.described_by,
            model=None if file.force or model is None else model.model,
            caption=file.caption,
            cache_cleared_at=file.cache_cleared_at,
            short_side=_described_side(file) if model is None else model.picture_side,
        )


def _result(file: File, seen: Reply) -> Outgoing | tuple[str, Outcome]:
    """What becomes of the file: a record for the next stage, or its outcome."""
    match seen:
        case Inspected(content=content, inference=Inference() as known):
            return work(
                POINTS,
                PointRecord(file=_as_read(file, seen), content=content, inference=known, source="cache"),
            )
        case Inspected(content=content, jpeg=bytes() as jpeg):
            topic = CAPTIONS if file.adds else IMAGES
            return work(topic, ImageRecord(file=_as_read(file, seen), content=content, jpeg=jpeg))
        case Inspected():
            return _failed(
                file, Code.DECODE_FAILED, "The decoder returned neither a picture nor a cached result"
            )
        case Changing():
            return _failed(file, Code.FILE_CHANGING, "The file is still being written")
        case Failed(code=code, error=error):
            if code in _ENDED:
                said = "job %s: a decoder process was ended at file %s, %s: %s"
                log.warning(said, file.job_id, file.file_id, file.file, error)
            return _failed(file, code, error)


def _described_side(file: File) -> int | None:
    return max((PICTURE_SIDES[each] for each in file.adds), default=None)


def _as_read(file: File, seen: Inspected) -> File:
    """The file with its stat as it was when it was read, and what lay next to it."""
    return structs.replace(
        file,
        size=seen.size,
        mtime_ns=seen.mtime_ns,
        ctime_ns=seen.ctime_ns,
        etag=seen.etag,
        sidecar=seen.sidecar,
        export=seen.export,
    )


def _failed(file: File, code: Code, error: str) -> tuple[str, Outcome]:
    outcome = failure(file.file_id, file.file, FileError(code, error), _DETAILS.get(code))
    if code is Code.ARCHIVED:
        outcome = structs.replace(outcome, outcome="skipped")
    return file.job_id, outcome
