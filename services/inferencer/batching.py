"""Embedding any number of images: in requests that the service takes, down to the image it cannot take.

A request that is too much is halved. One that is refused is bisected, until the image that is to blame
stands alone; it is blamed only if the service takes a plain image in its place. Where it takes none, the
service is ill, and everything that has no verdict yet waits until it works again. A bad result is asked for
once more.
"""

import asyncio
from collections.abc import Sequence

from libs.common.errors import Code, FileError
from libs.common.metrics.declared import MODEL_ERRORS, MODEL_IMAGES, MODEL_SECONDS, RETRIES
from libs.common.metrics.instruments import Instruments
from libs.common.ml.inference import (
    Answer,
    Away,
    Dropped,
    Image,
    InferenceClient,
    Refused,
    Reply,
    Result,
    TimedOut,
    TooMuch,
)
from libs.common.ml.plain_image import probe_image
from libs.common.ml.results import Embedded, Verdict, model_of, no_result, verdicts
from services.inferencer.batch_size import BatchSize, halves, pieces
from services.inferencer.watch import Watch

Failed = TooMuch | Refused | TimedOut | Dropped
Parts = list[Sequence[Image]]


class Batching:
    """Asks one service, with at most `concurrency` requests in flight over all callers.

    `batch_size` is the most images in a request; the service may ask for fewer.
    """

    def __init__(
        self,
        client: InferenceClient,
        watch: Watch,
        *,
        batch_size: int,
        concurrency: int = 2,
        instruments: Instruments | None = None,
    ) -> None:
        self._client = client
        self._watch = watch
        self._size = BatchSize(batch_size)
        self._slots = asyncio.Semaphore(concurrency)
        self._probe = probe_image()
        self._instruments = instruments or Instruments()

    @property
    def waiting(self) -> str | None:
        """Why the images wait for the service, or None while they do not."""
        return self._watch.waiting

    async def embed(self, images: Sequence[Image], *, caption: bool) -> dict[str, Verdict]:
        """The verdict on each image, by its id (ids must differ). Waits as long as the service is away."""
        found = await self._watch.there()
        settled: dict[str, Verdict] = {}
        async with asyncio.TaskGroup() as requests:
            for piece in pieces(images, self._size.limit(found.safe_batch)):
                requests.create_task(self._settle(piece, caption, settled))
        return settled

    async def _settle(self, images: Sequence[Image], caption: bool, settled: dict[str, Verdict]) -> None:
        """Put a verdict on every one of `images` into `settled`."""
        suspects, doubted = set[str](), set[str]()
        parts: Parts = [images]
        while parts:
            part = parts.pop()
            reply = await self._ask(part, caption)
            if isinstance(reply, Answer):
                settled |= _final(part, await self._check(part, reply.results), doubted)
                parts += _to_ask_again(part, settled)
            elif len(part) > 1 and (isinstance(reply, TooMuch | Refused) or await self._works(caption)):
                self._learn_size(part, reply)
                parts += reversed(halves(part))
            elif len(part) == 1 and await self._works(caption):
                if part[0].id in suspects:
                    settled[part[0].id] = _blamed(reply)
                else:
                    # Once more: what struck it may have passed, and a verdict is final.
                    suspects.add(part[0].id)
                    parts.append(part)
            else:
                self._watch.failed(f"it takes not even a plain image ({reply.detail})")
                parts.append(part)

    async def _ask(self, images: Sequence[Image], caption: bool) -> Answer | Failed:
        """The reply about these images; while the service is away there is none."""
        while isinstance(reply := await self._ask_once(images, caption), Away):
            self._instruments.count(RETRIES, "model")
            self._watch.failed(reply.detail)
        return reply

    async def _ask_once(self, images: Sequence[Image], caption: bool) -> Reply:
        async with self._slots:
            await self._watch.there()
            with self._watch.asking(), self._instruments.timed(MODEL_SECONDS):
                reply = await self._client.embed(images, caption=caption)
        self._instruments.count(MODEL_IMAGES, by=len(images))
        if isinstance(reply, Answer):
            self._watch.worked()
        else:
            self._instruments.count(MODEL_ERRORS, type(reply).__name__.lower())
        return reply

    async def _works(self, caption: bool) -> bool:
        """Whether the service takes a plain image; then what it does not take is at fault itself."""
        return isinstance(await self._ask_once([self._probe], caption), Answer)

    async def _check(self, images: Sequence[Image], results: Sequence[Result]) -> dict[str, Verdict]:
        known = self._watch.known
        checked = verdicts(images, results, model_of(results, known.model), known.dimension)
        embedded = next((verdict for verdict in checked.values() if isinstance(verdict, Embedded)), None)
        if embedded is not None:
            self._size.passed(len(images), known.safe_batch)
            await self._watch.report.learned(embedded.model, embedded.dimension)
        return checked

    def _learn_size(self, images: Sequence[Image], reply: Failed) -> None:
        if isinstance(reply, TooMuch | TimedOut):
            self._size.too_much(len(images))


def _final(images: Sequence[Image], checked: dict[str, Verdict], doubted: set[str]) -> dict[str, Verdict]:
    """The verdicts of an answered request that are believed: a bad result is only the second time.

    It may have been a slip of the service, and a verdict is final; `doubted` has the images of a first time.
    """
    found = dict(checked)
    if len(images) == 1:
        found.setdefault(images[0].id, no_result())
    bad = {id_ for id_, verdict in found.items() if _is_bad(verdict)}
    first_time = bad - doubted
    doubted |= first_time
    return {id_: verdict for id_, verdict in found.items() if id_ not in first_time}


def _is_bad(verdict: Verdict) -> bool:
    return isinstance(verdict, FileError) and verdict.code is Code.ML_BAD_RESULT


def _to_ask_again(images: Sequence[Image], settled: dict[str, Verdict]) -> Parts:
    """The parts of an answered request that have no verdict yet."""
    missing = [image for image in images if image.id not in settled]
    if len(images) > 1 and len(missing) == len(images):
        return halves(missing)
    return [missing] if missing else []


def _blamed(reply: Failed) -> FileError:
    code = reply.code if isinstance(reply, Refused) else Code.ML_REJECTED
    return FileError(code, f"the ML service cannot take this image: {reply.detail}")
