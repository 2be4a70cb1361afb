"""The inferencer's logic: images in, ml-results and failures out."""

from collections import defaultdict
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
from services.inferencer.models import Models

Requested = tuple[bool, str | None]
"""Whether a caption is wanted, and of which model; None: of the one in use."""


class InferencerWorker:
    """A Worker over ImageRecord. It holds its batch for as long as the ML service is away."""

    def __init__(self, models: Models, instruments: Instruments | None = None) -> None:
        self._models = models
        self._instruments = instruments or Instruments()

    @property
    def waiting(self) -> str | None:
        """See Worker."""
        return self._models.waiting

    async def __call__(self, batch: Sequence[ImageRecord]) -> list[Outgoing]:
        """See Worker."""
        groups: dict[Requested, list[ImageRecord]] = defaultdict(list)
        for record in batch:
            groups[_requested(record)].append(record)
        found = {requested: await self._verdicts(requested, records) for requested, records in groups.items()}
        results: list[Outgoing] = []
        failures: list[tuple[str, Outcome]] = []
        for record in batch:
            verdict = found[_requested(record)][record.jpeg]
            if isinstance(verdict, Embedded):
                results.append(outgoing.work(ML_RESULTS, _point(record, verdict)))
            else:
                failures.append((record.file.job_id, _failure(record, verdict)))
        return results + outgoing.outcomes(failures)

    async def _verdicts(self, requested: Requested, records: Sequence[ImageRecord]) -> dict[bytes, Verdict]:
        """Verdicts by image: copies of a photo in one batch are embedded once."""
        caption, model = requested
        images: dict[bytes, Image] = {}
        for place, record in enumerate(records):
            images.setdefault(record.jpeg, _image(record, place))
        with self._instruments.timed(STEP, "model"):
            by_id = await self._models.of(model).embed(list(images.values()), caption=caption)
        return {jpeg: by_id[image.id] for jpeg, image in images.items()}


def _requested(record: ImageRecord) -> Requested:
    return record.file.caption, record.file.model


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
