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
from services.inferencer.settings import InferencerSettings
from services.inferencer.watch import Watch
from services.inferencer.worker import InferencerWorker


def build(settings: InferencerSettings, client: InferenceClient | None = None) -> Service:
    """The inferencer, asking `client`; None: the ML service of the settings, over HTTP."""

    async def wire(joined: Membership, resources: AsyncExitStack) -> Wired[ImageRecord]:
        used = client
        if used is None:
            used = await resources.enter_async_context(HttpMLClient.open(settings, settings.ml_timeouts))
        watch = Watch(
            used,
            ModelReport(joined.publisher.publish, joined.control.model),
            settings.ml_shown,
            poll_s=settings.ml_poll_seconds,
        )
        batching = Batching(
            used,
            watch,
            batch_size=settings.ml_inference_batch_size,
            concurrency=settings.ml_concurrency,
            instruments=joined.instruments,
        )
        return Wired(InferencerWorker(batching, joined.instruments), (watch.run(),))

    source = Input(
        INFERENCER,
        batch=settings.ml_inference_batch_size,
        linger_s=settings.ml_linger_ms / 1000,
        fills=True,
    )
    return WorkerStage(settings, source, wire, Health(batch=settings.ml_inference_batch_size))
