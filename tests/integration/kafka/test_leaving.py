"""One of two replicas cannot reach what the other can: the files of its partitions are done all the same."""

import asyncio
from pathlib import Path

import pytest

from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.stage import Wired, WorkerStage
from libs.common.messages import PathRecord
from libs.common.stages import PROCESSOR
from tests.support import records
from tests.support.broker import Broker
from tests.support.kafka import connect, settings
from tests.support.running import Recording, open_worker, publish, stored_ids
from tests.support.serving import running
from tests.support.waiting import until

pytestmark = pytest.mark.slow

AWAY = "Qdrant refuses the connection"


def stage(kafka: Broker, prefix: str, data: Path, name: str, worker: Recording) -> WorkerStage[PathRecord]:
    async def wire(*_: object) -> Wired[PathRecord]:
        return Wired(worker)

    ours = settings(kafka, prefix, data / name, name).model_copy(update={"leave_after_seconds": 1.0})
    return WorkerStage(ours, Input(PROCESSOR, batch=4), wire)


async def test_a_replica_that_cannot_work_leaves_and_comes_back(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    connection = await connect(kafka, prefix)
    bad, good = Recording(), open_worker()
    files = [records.file(f"{number:02}.jpg", job_id="j") for number in range(60)]
    bad_stage = stage(kafka, prefix, tmp_path, "bad", bad)
    async with running(bad_stage), running(stage(kafka, prefix, tmp_path, "good", good)):
        bad.waiting = AWAY
        await publish(connection, files[:40])
        await until(lambda: len(bad.seen) > 0)

        async def all_stored() -> bool:
            await asyncio.sleep(0.2)
            return len(set(await stored_ids(connection))) == 40

        await until(all_stored)
        await until(lambda: (bad_stage.health.reason or "").endswith("other replicas have its partitions"))
        before = len(bad.seen)
        bad.waiting = None
        bad.gate.set()
        for number in range(40, 60):
            if len(bad.seen) > before:
                break
            await publish(connection, [files[number]])
            await asyncio.sleep(1)
    assert len(bad.seen) > before
