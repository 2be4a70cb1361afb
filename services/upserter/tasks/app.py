"""Wiring of the tasks: a runner of their own, so that a task of minutes holds up no point."""

from functools import partial
from pathlib import Path

from libs.common.kafka.membership import Membership
from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.runner import Runner
from libs.common.messages import TaskRecord
from libs.common.runtime.service import Health
from libs.common.stages import UPSERTER_TASKS
from libs.common.store.protocol import Store
from services.upserter.admission import Admission
from services.upserter.tasks.find_similar import find_similar
from services.upserter.tasks.merge import merge
from services.upserter.tasks.worker import TaskWorker
from services.upserter.writing import Writer


def task_runner(
    joined: Membership, store: Store, admission: Admission, writer: Writer, folder: Path
) -> Runner[TaskRecord]:
    """Runs find-similar and merge, one at a time, with a health of their own; `folder` is on disk."""
    kinds = {
        "find_similar": partial(find_similar, store, folder),
        "merge": partial(merge, store, admission, writer),
    }
    worker = TaskWorker(kinds, joined.publisher.publish, joined.control)
    source = Input(UPSERTER_TASKS, batch=1, in_flight=1, drain_s=0.0)
    return Runner(joined.connection, joined.publisher, worker, source, Health())
