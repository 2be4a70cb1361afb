"""The proof that nothing is lost, whatever happens: `make chaos`, or `python -m tests.chaos`."""

import asyncio
import logging
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from libs.common.runtime.process import read_settings
from tests.chaos import checker, jobs, library, report, truth, world
from tests.chaos import poison as poisons
from tests.chaos.faults import Chaos, Happened
from tests.chaos.jobs import Submitted
from tests.chaos.library import Folder
from tests.chaos.poison import Poison
from tests.chaos.settings import ChaosSettings
from tests.chaos.world import World

COLLECTIONS = ("one", "two")
FOLDERS = 8
SETTLE_SECONDS = 20.0
"""How long snapshots and gateways may lag behind the last event."""


def say(sentence: str) -> None:
    """A line for people who watch."""
    print(sentence, flush=True)


async def main(settings: ChaosSettings, home: Path) -> bool:
    """One run; whether every promise was kept."""
    say(f"chaos: {settings.chaos_files} files, {settings.chaos_seconds:.0f} s of faults, "
        f"CHAOS_SEED={settings.chaos_seed}, in {home}")  # fmt: skip
    random = Random(settings.chaos_seed)
    folders = await asyncio.to_thread(
        library.make, home / "photos", COLLECTIONS, FOLDERS, settings.chaos_files, random
    )
    async with world.running(home, settings.chaos_replicas) as running:
        await jobs.make_collections(running.gateways[0], COLLECTIONS)
        watching = asyncio.create_task(running.watch())
        try:
            async with Poison.open(running.bootstrap_servers, random) as poison:
                chaos = Chaos(running, poison, random, settings.chaos_faults, settings.chaos_replicas)
                submitted = await _hurt(settings, running, folders, chaos)
            return await _judge(running, submitted, chaos.happened, poison)
        finally:
            watching.cancel()


async def _hurt(
    settings: ChaosSettings, running: World, folders: Sequence[Folder], chaos: Chaos
) -> list[Submitted]:
    """Ask for every folder while things go wrong, then wait until all jobs are over."""
    pace_s = settings.chaos_seconds / (len(folders) + 1)
    asking = asyncio.create_task(_ask(running, folders, pace_s))
    await chaos.run(settings.chaos_seconds)
    ended_at = time.monotonic()
    say(f"{len(chaos.happened)} faults have happened; now the work drains")
    submitted = await asking
    try:
        async with asyncio.timeout(settings.chaos_drain_seconds):
            await jobs.ended(running.gateways, submitted)
    except TimeoutError:
        say(f"not every job has ended {settings.chaos_drain_seconds:.0f} s after the last fault")
    say(f"{time.monotonic() - ended_at:.1f} s from the last fault to the end of the last job")
    return submitted


async def _ask(running: World, folders: Sequence[Folder], pace_s: float) -> list[Submitted]:
    submitted = []
    for number, folder in enumerate(folders):
        gateways = running.gateways[number % 2 :] + running.gateways[: number % 2]
        submitted.append(await jobs.submit(gateways, folder, f"folder {number}"))
        await asyncio.sleep(pace_s)
    return submitted


async def _judge(
    running: World, submitted: list[Submitted], happened: Sequence[Happened], poison: Poison
) -> bool:
    until = time.monotonic() + SETTLE_SECONDS
    while True:
        found = await truth.read(running.bootstrap_servers, running.store.port, COLLECTIONS)
        wrong = list(checker.complaints(submitted, found))
        wrong += poisons.complaints(found.dead_letters, poison)
        wrong += await checker.gateway_complaints(running.gateways, submitted, found)
        if not wrong or time.monotonic() > until:
            break
        await asyncio.sleep(2)
    for line in report.lines(happened, found, checker.lost(submitted, found), running.crashes):
        say(line)
    for sentence in wrong:
        say(f"WRONG: {sentence}")
    say("nothing is lost" if not wrong else f"{len(wrong)} promises are broken")
    return not wrong


def run() -> int:
    """The exit status: 0 if every promise was kept."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    # Told to end like this, too, it ends all that it has started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = read_settings(ChaosSettings)
    home = Path(tempfile.mkdtemp(prefix="chaos-"))
    kept = False
    try:
        kept = asyncio.run(main(settings, home))
    finally:
        if kept and not settings.chaos_keep:
            shutil.rmtree(home, ignore_errors=True)
        else:
            say(f"data and logs are in {home}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(run())
