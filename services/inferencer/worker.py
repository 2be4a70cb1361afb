"""The inferencer's logic: images in, ml-results and failures out."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from libs.common.errors import FileError
from libs.common.events import Outcome, failure
from libs.common.kafka import outgoing
from libs.common.kafka.outgoing import Outgoing
from libs.common.messages import ImageRecord, Inference, PointRecord
from libs.common.metrics.declared import STEP
from libs.common.metrics.instruments import Instruments
from libs.common.ml.inference import Image
from libs.common.ml.results import Embedded, Verdict
from libs.common.topics import ML_RESULTS
from services.inferencer.batching import Batching


class InferencerWorker:
    """A Worker over ImageRecord. It holds its batch for as long as the ML service is away."""

    def __init__(self, batching: Batching, instruments: Instruments | None = None) -> None:
        self._batching = batching
        self._instruments = instruments or Instruments()

    @property
    def waiting(self) -> str | None:
        """See Worker."""
        return self._batching.waiting

    async def __call__(self, batch: Sequence[ImageRecord]) -> list[Outgoing]:
        """See Worker."""
        captioned = await self._verdicts([record for record in batch if record.file.caption], caption=True)
        plain = await self._verdicts([record for record in batch if not record.file.caption], caption=False)
        results: list[Outgoing] = []
        failures: list[tuple[str, Outcome]] = []
        for record in batch:
            verdict = (captioned if record.file.caption else plain)[record.jpeg]
            if isinstance(verdict, Embedded):
                results.append(outgoing.work(ML_RESULTS, _point(record, verdict)))
            else:
                failures.append((record.file.job_id, _failure(record, verdict)))
        return results + outgoing.outcomes(failures)

    async def _verdicts(self, records: Sequence[ImageRecord], *, caption: bool) -> dict[bytes, Verdict]:
        """Verdicts by image: copies of a photo in one batch are embedded once."""
        images: dict[bytes, Image] = {}
        for place, record in enumerate(records):
            images.setdefault(record.jpeg, _image(record, place))
        if not images:
            return {}
        with self._instruments.timed(STEP, "model"):
            by_id = await self._batching.embed(list(images.values()), caption=caption)
        return {jpeg: by_id[image.id] for jpeg, image in images.items()}


def _image(record: ImageRecord, place: int) -> Image:
    """The id holds the place in the batch, as a file may be there twice, rewritten in between."""
    name = PurePosixPath(record.file.file).name
    return Image(f"{place}-{record.file.file_id}", name, record.jpeg)


def _point(record: ImageRecord, embedded: Embedded) -> PointRecord:
    caption = embedded.caption if record.file.caption else None
    inference = Inference(embedding=embedded.embedding, model=embedded.model, caption=caption)
    return PointRecord(file=record.file, content=record.content, inference=inference, source="batch_ml")


def _failure(record: ImageRecord, error: FileError) -> Outcome:
    return failure(record.file.file_id, record.file.file, error)
