"""The captioner's logic: pictures in; captions and texts for their points, or failures, out."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from libs.common import events
from libs.common.errors import Code, FileError, UnavailableError
from libs.common.kafka.outgoing import Outgoing, outcomes, work
from libs.common.messages import Description, ImageRecord, Inference, PointRecord
from libs.common.runtime.retry import until_available
from libs.common.topics import POINTS
from services.captioner.reader import TextReader

NO_INFERENCE = Inference(embedding=b"", model="")

T = TypeVar("T")


class Writer(Protocol):
    """Writes captions."""

    @property
    def model(self) -> str:
        """Who writes, as points name it."""

    async def caption(self, jpeg: bytes) -> str:
        """What the picture shows; FileError, or UnavailableError while it is away."""


class CaptionerWorker:
    """A Worker over ImageRecord. It holds its batch for as long as the caption model is away.

    At most `concurrency` captions are asked for at once, over all batches. None: nothing writes, or reads.
    """

    def __init__(self, writer: Writer | None, reader: TextReader | None, concurrency: int = 1) -> None:
        self._writer = writer
        self._reader = reader
        self._slots = asyncio.Semaphore(concurrency)
        self._away: dict[object, str] = {}

    @property
    def waiting(self) -> str | None:
        """Why it waits for the caption model, if it does."""
        return next(iter(self._away.values()), None)

    async def __call__(self, batch: Sequence[ImageRecord]) -> list[Outgoing]:
        """One point record or one outcome for each picture."""
        found = await asyncio.gather(*map(self._described, batch))
        failed = [each for each in found if not isinstance(each, Outgoing)]
        return [*(each for each in found if isinstance(each, Outgoing)), *outcomes(failed)]

    async def _described(self, record: ImageRecord) -> Outgoing | tuple[str, events.Outcome]:
        try:
            description = await self._description(record)
        except FileError as error:
            file = record.file
            return file.job_id, events.failure(file.file_id, file.file, error)
        return work(
            POINTS,
            PointRecord(
                file=record.file,
                content=record.content,
                inference=NO_INFERENCE,
                source="batch_ml",
                description=description,
            ),
        )

    async def _description(self, record: ImageRecord) -> Description:
        writer, reader, wanted = self._writer, self._reader, record.file.adds
        caption = text = None
        if "text" in wanted:
            if reader is None:
                raise FileError(Code.TEXT_FAILED, "nothing reads texts: set TEXT_MODEL for the captioner")
            text = await reader.read(record.jpeg)
        if "caption" in wanted:
            if writer is None:
                raise FileError(
                    Code.CAPTION_FAILED, "no one writes captions: set CAPTION_URL for the captioner"
                )
            asking = writer
            caption = await self._waited(lambda: asking.caption(record.jpeg))
        return Description(
            caption=caption,
            caption_model=writer.model if writer is not None and caption is not None else None,
            text=text,
            text_model=reader.model if reader is not None and text is not None else None,
        )

    async def _waited(self, call: Callable[[], Awaitable[T]]) -> T:
        token = object()

        def away(error: UnavailableError) -> None:
            self._away[token] = error.detail

        def back() -> None:
            self._away.pop(token, None)

        async with self._slots:
            return await until_available(call, away, back)
