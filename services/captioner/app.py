"""Wiring of the captioner: pictures in, an endpoint and a text reader asked, additions to points out."""

from contextlib import AsyncExitStack

from libs.common.kafka.membership import Membership
from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.stage import Wired, WorkerStage
from libs.common.messages import ImageRecord
from libs.common.runtime.service import Health, Service
from libs.common.stages import CAPTIONER
from services.captioner.reader import RapidOcrReader
from services.captioner.settings import CaptionerSettings
from services.captioner.worker import CaptionerWorker
from services.captioner.writer import CaptionWriter


def build(settings: CaptionerSettings) -> Service:
    """The captioner; SluiceError bad_setting where what reads texts is not installed."""
    reader = None if settings.text_model == "off" else RapidOcrReader()

    async def wire(_: Membership, resources: AsyncExitStack) -> Wired[ImageRecord]:
        writer = None
        if settings.caption_url is not None:
            writer = await resources.enter_async_context(CaptionWriter.open(settings))
        return Wired(CaptionerWorker(writer, reader, settings.caption_concurrency))

    # A caption takes seconds: what was written is committed before the next is asked for.
    source = Input(CAPTIONER, batch=settings.caption_concurrency, in_flight=1)
    return WorkerStage(settings, source, wire, Health(batch=settings.caption_concurrency))
