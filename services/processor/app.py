"""Wiring of the processor: paths in; images, points and outcomes out; ml-results into its cache."""

from contextlib import AsyncExitStack

from libs.common.kafka.membership import Membership
from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.stage import Wired, WorkerStage
from libs.common.messages import PathRecord
from libs.common.runtime.lock import owned
from libs.common.runtime.service import Service
from libs.common.sources.remote import Remote
from libs.common.sources.roots import readable
from libs.common.sources.sources import Sources
from libs.common.stages import PROCESSOR
from libs.common.topics import ML_RESULTS
from services.processor.cache.following import Following
from services.processor.decoding.fetching import Fetching
from services.processor.decoding.inspect import Inspector
from services.processor.decoding.opening import Opening
from services.processor.decoding.pool import DecodePool
from services.processor.late import Late
from services.processor.settings import ProcessorSettings
from services.processor.worker import ProcessorWorker

_FILES_PER_DECODER = 8
_MOST_FILES = 256
"""Files at once where they cost little, as what the cache knows does."""


def build(settings: ProcessorSettings) -> Service:
    """The processor."""

    async def wire(joined: Membership, resources: AsyncExitStack) -> Wired[PathRecord]:
        await resources.enter_async_context(owned(settings.cache_dir.parent))
        source = joined.connection.names.of(ML_RESULTS)
        following = await resources.enter_async_context(
            Following.open(settings.cache_dir, settings.cache_size_bytes, source)
        )
        sources = Sources(readable(settings, joined.control.listed_roots), Remote.of(settings))
        pool = await resources.enter_async_context(
            DecodePool(
                inspector_of(settings),
                settings.decode_workers,
                settings.decode_timeout_seconds,
                settings.decode_memory_bytes,
                Opening(sources, settings.decode_timeout_seconds, joined.control.refresh),
                Fetching(sources, settings.fetch_seconds),
                joined.instruments,
            )
        )
        late = Late(joined.publisher.publish)
        worker = ProcessorWorker(pool, joined.control.model, late=late, instruments=joined.instruments)
        return Wired(worker, (following.run(joined.connection),), held_up=late.batches)

    batch = settings.decode_workers * _FILES_PER_DECODER
    source = Input(PROCESSOR, batch=batch, most=_MOST_FILES)
    return WorkerStage(settings, source, wire)


def inspector_of(settings: ProcessorSettings) -> Inspector:
    """What the decoder processes are given."""
    return Inspector(
        cache_dir=settings.cache_dir.absolute(),
        limits=settings.limits,
        max_file_bytes=settings.max_file_bytes,
        video=settings.accept_video,
    )
