"""Wiring of the inferencer: images in, the ML service asked, ml-results and failures out."""

from contextlib import AsyncExitStack

from libs.common.kafka.membership import Membership
from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.stage import Wired, WorkerStage
from libs.common.messages import ImageRecord
from libs.common.ml.client import HttpMLClient
from libs.common.ml.inference import InferenceClient
from libs.common.runtime.service import Health, Service
from libs.common.stages import INFERENCER
from services.inferencer.batching import Batching
from services.inferencer.model_report import ModelReport
from services.inferencer.models import Models
from services.inferencer.settings import InferencerSettings
from services.inferencer.watch import Watch
from services.inferencer.worker import InferencerWorker


def build(settings: InferencerSettings, client: InferenceClient | None = None) -> Service:
    """The inferencer, asking `client`; None: the ML service of the settings, over HTTP."""

    async def wire(joined: Membership, resources: AsyncExitStack) -> Wired[ImageRecord]:
        used = client
        if used is None:
            used = await resources.enter_async_context(HttpMLClient.open(settings, settings.ml_timeouts))

        def batching_of(asking: InferenceClient, name: str | None) -> tuple[Batching, Watch]:
            report = ModelReport(joined.publisher.publish, lambda: joined.control.model(name), name)
            watch = Watch(asking, report, settings.ml_shown, poll_s=settings.ml_poll_seconds)
            return Batching(
                asking,
                watch,
                batch_size=settings.ml_inference_batch_size,
                concurrency=settings.ml_concurrency,
                instruments=joined.instruments,
            ), watch

        batching, watch = batching_of(used, None)
        models = Models(batching, lambda name: batching_of(_asking(used, name), name)[0])
        return Wired(InferencerWorker(models, joined.instruments), (watch.run(),))

    def _asking(used: InferenceClient, name: str) -> InferenceClient:
        return used.for_model(name) if isinstance(used, HttpMLClient) else used

    source = Input(
        INFERENCER,
        batch=settings.ml_inference_batch_size,
        linger_s=settings.ml_linger_ms / 1000,
        fills=True,
    )
    return WorkerStage(settings, source, wire, Health(batch=settings.ml_inference_batch_size))
