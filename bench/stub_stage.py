"""A stage that stands for all of them: every path is `stored` at once, by the real runner.

STUB_SECONDS is how long each batch takes (0, if unset), next to any number of others. With STUB_FAILS every
path is `failed` with that code.
`python -m bench.stub_stage` is a member of the processor's group, so that scanner and gateway meet what they
meet in earnest: records taken, outcomes reported in batches, offsets committed.
"""

import asyncio
import os
from collections.abc import Sequence
from contextlib import AsyncExitStack

from libs.common.errors import Code, SluiceError
from libs.common.events import MAX_ITEMS, Outcome, failure
from libs.common.kafka.membership import Membership
from libs.common.kafka.outgoing import Outgoing, outcomes
from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.stage import Wired, WorkerStage
from libs.common.messages import File, PathRecord
from libs.common.runtime.process import run_stage
from libs.common.runtime.service import Service
from libs.common.settings import StageSettings
from libs.common.stages import PROCESSOR


class _Stub:
    """A Worker over PathRecord; with a `code` all fail."""

    def __init__(self, seconds: float, code: Code | None) -> None:
        self._seconds = seconds
        self._code = code

    @property
    def waiting(self) -> str | None:
        return None

    async def __call__(self, batch: Sequence[PathRecord]) -> list[Outgoing]:
        await asyncio.sleep(self._seconds)
        return outcomes((record.file.job_id, self._outcome(record.file)) for record in batch)

    def _outcome(self, file: File) -> Outcome:
        if self._code is not None:
            return failure(file.file_id, file.file, SluiceError(self._code, "the stub fails all files"))
        return Outcome(
            file_id=file.file_id, file=file.file, outcome="stored", source="batch_ml", caption="a picture"
        )


def build(settings: StageSettings) -> Service:
    """The stage, not yet started."""

    async def wire(_: Membership, __: AsyncExitStack) -> Wired[PathRecord]:
        return Wired(_Stub(seconds, Code(fails) if fails else None))

    seconds, fails = float(os.environ.get("STUB_SECONDS", "0")), os.environ.get("STUB_FAILS")
    return WorkerStage(settings, Input(PROCESSOR, batch=MAX_ITEMS, in_flight=64 if seconds else 2), wire)


if __name__ == "__main__":
    run_stage(StageSettings, build)
