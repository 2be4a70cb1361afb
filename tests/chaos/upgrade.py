"""An upgrade and its rollback while jobs run: `python -m tests.chaos.upgrade OLD`, where OLD is a tree of the
release before (`git worktree add --detach OLD COMMIT`).

Two replicas of each stage begin on OLD. During the first job each is stopped and started on this release,
stage after stage in the order of docs/operations.md; during the last one back again, in the other order. So
each stage works next to the other release of itself and of its neighbours. Then all is checked as chaos is.
"""

import asyncio
import logging
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from random import Random

from tests.chaos import checker, jobs, library, truth, world
from tests.chaos.jobs import Submitted
from tests.chaos.library import Folder
from tests.chaos.world import World

COLLECTIONS = ("one",)
FILES = 3000
ORDER = ("upserter", "inferencer", "processor", "scanner", "gateway")
"""Readers before writers."""
APART_SECONDS, JOB_SECONDS, SETTLE_SECONDS = 3.0, 900.0, 15.0


async def main(old: Path, home: Path) -> bool:
    """One run; whether every file of each job got what it had to."""
    new = Path.cwd()
    folders = await asyncio.to_thread(library.make, home / "photos", COLLECTIONS, 3, FILES, Random(1))
    async with world.running(home, 2, tree=old) as running:
        await jobs.make_collections(running.gateways[0], COLLECTIONS)
        watching = asyncio.create_task(running.watch())
        try:
            up = await _while_job(running, folders[0], "upgrade", ORDER, new)
            between = await _while_job(running, folders[1], "all new", (), new)
            down = await _while_job(running, folders[2], "rollback", reversed(ORDER), old)
            return await _judge(running, [up, between, down])
        finally:
            watching.cancel()


async def _while_job(
    running: World, folder: Folder, name: str, stages: Iterable[str], tree: Path
) -> Submitted:
    """Run a job; meanwhile have each of the stages, one replica after the other, run that code."""
    job = await jobs.submit(running.gateways, folder, name)
    for stage in stages:
        for replica in [each for each in running.replicas if each.stage == stage]:
            replica.busy = True
            status = await replica.end(signal.SIGTERM)
            replica.tree = tree
            # Release 0.1.0 left it open, which later ones refuse: docs/operations.md, "Upgrade".
            if replica.data_dir.exists():
                replica.data_dir.chmod(0o700)
            await replica.start()
            replica.busy = False
            print(f"{name}: {stage} {replica.name} ended with {status}, and runs {tree}", flush=True)
            await asyncio.sleep(APART_SECONDS)
        await running.ready()
    async with asyncio.timeout(JOB_SECONDS):
        await jobs.ended(running.gateways, [job])
    print(f"{name}: {await jobs.counts(running.gateways[0], job.job_id)}", flush=True)
    return job


async def _judge(running: World, submitted: list[Submitted]) -> bool:
    await asyncio.sleep(SETTLE_SECONDS)
    found = await truth.read(running.bootstrap_servers, running.store.port, COLLECTIONS)
    wrong = list(checker.complaints(submitted, found))
    wrong += await checker.gateway_complaints(running.gateways, submitted, found)
    print(f"{checker.lost(submitted, found)} files lost, {len(found.dead_letters)} dead letters")
    for sentence, times in running.crashes.items():
        wrong.append(f"{times} x {sentence}")
    for sentence in wrong:
        print(f"WRONG: {sentence}")
    return not wrong and not found.dead_letters


def run() -> int:
    """The exit status: 0 if every promise was kept."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    home = Path(tempfile.mkdtemp(prefix="upgrade-"))
    kept = asyncio.run(main(Path(sys.argv[1]).resolve(), home))
    if kept:
        shutil.rmtree(home, ignore_errors=True)
    print("every file has what it had to get" if kept else f"data and logs are in {home}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(run())
