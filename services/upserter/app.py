"""Wiring of the upserter: points and ml-results in, points in the store, outcomes out; tasks next to it."""

from contextlib import AsyncExitStack

from libs.common.kafka.membership import Membership
from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.stage import Wired, WorkerStage
from libs.common.messages import PointRecord
from libs.common.runtime.service import Health, Service
from libs.common.stages import UPSERTER
from libs.common.store.measured import measured
from libs.common.store.named import NamedStore
from libs.common.store.open import open_server_store
from libs.common.store.protocol import Store
from services.upserter.admission import Admission
from services.upserter.completion import Completion
from services.upserter.copies import Copies
from services.upserter.settings import UpserterSettings
from services.upserter.tasks.app import task_runner
from services.upserter.watch import StoreWatch
from services.upserter.worker import UpserterWorker
from services.upserter.writing import Writer

_MOST_BATCHES = 4


def build(settings: UpserterSettings, store: Store | None = None) -> Service:
    """The upserter over `store`; None: the Qdrant server of the settings, closed at the end."""

    async def wire(joined: Membership, resources: AsyncExitStack) -> Wired[PointRecord]:
        under = store or open_server_store(settings)
        if store is None:
            resources.push_async_callback(under.close)
        used = NamedStore(measured(under, joined.instruments), joined.control)
        admission = Admission(used, joined.control, joined.publisher.publish)
        writer = Writer(used, settings.qdrant_upsert_batch_size, settings.qdrant_concurrency)
        tasks = task_runner(joined, used, admission, writer, settings.data_dir / UPSERTER.name)
        watch = StoreWatch(used)
        now = joined.publisher.clock.now
        worker = UpserterWorker(admission, writer, Copies(used), watch, now, joined.instruments)
        return Wired(worker, background=(watch.run(), Completion(under).run()), concurrent=(tasks.run,))

    batch = settings.qdrant_upsert_batch_size * settings.qdrant_concurrency
    source = Input(UPSERTER, batch=batch, most=_MOST_BATCHES * batch)
    return WorkerStage(settings, source, wire, Health(batch=settings.qdrant_upsert_batch_size))
