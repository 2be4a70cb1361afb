"""The file that hangs is found: by its job, with the stage and the instance that works on it."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from libs.common.events import Accepted
from libs.common.kafka.outgoing import event, work
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.stage import Wired, WorkerStage
from libs.common.messages import PathRecord
from libs.common.stages import PROCESSOR
from libs.common.topics import PATHS
from tests.support import records
from tests.support.broker import Broker
from tests.support.kafka import settings as stage_settings
from tests.support.running import Recording
from tests.support.serving import running
from tests.support.waiting import until

pytestmark = pytest.mark.slow

API = "/api/v1"


async def test_the_file_that_hangs_is_named_with_its_instance(
    gateway: httpx.AsyncClient, publisher: Publisher, kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    hanging, job_id = Recording(), str(uuid4())

    async def wire(*_: object) -> Wired[PathRecord]:
        return Wired(hanging)

    ours = stage_settings(kafka, prefix, tmp_path, "a")
    found: list[dict[str, Any]] = []

    async def is_named() -> bool:
        found[:] = (await gateway.get(f"{API}/ingest/jobs/{job_id}/inflight")).raise_for_status().json()
        return bool(found)

    await publisher.publish([event(Accepted(job_id=job_id, collection="c", partition=0, offset=0))])
    async with running(WorkerStage(ours, Input(PROCESSOR, batch=4), wire)):
        file = records.file("hangs.jpg", job_id=job_id)
        await publisher.publish([work(PATHS, records.path_record(file))])
        await until(is_named)
        hanging.gate.set()
    assert [(each["file"], each["stage"], each["instance"], each["tries"]) for each in found] == [
        (file.file, "processor", "processor-a", 0)
    ]


async def test_the_files_of_an_unknown_job_are_not_found(gateway: httpx.AsyncClient) -> None:
    assert (await gateway.get(f"{API}/ingest/jobs/{uuid4()}/inflight")).status_code == 404
