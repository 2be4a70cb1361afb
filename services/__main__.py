"""`python -m services`: everything in one process until Ctrl-C."""

import asyncio
import sys
from functools import partial

from libs.common.runtime.logs import configure_logging
from libs.common.runtime.process import read_settings, run_until_stopped
from libs.common.runtime.service import run_with_stop
from services.all_in_one import System, running
from services.settings import RunSettings
from sluice.terminal import say

LOOK_SECONDS = 0.1


def main() -> int:
    """Run until stopped; the exit status."""
    settings = read_settings(RunSettings)
    configure_logging(settings.log_level, settings.log_format)

    async def run(stop: asyncio.Event) -> None:
        await run_with_stop(stop, partial(_run, settings, stop))
        say("stopped")

    return run_until_stopped(run, settings.drain_seconds)


async def _run(settings: RunSettings, stop: asyncio.Event, handles_stop: asyncio.Event) -> None:
    async with running(settings, say) as system:
        handles_stop.set()
        for part in system.embedded:
            say(f"embedded: {part}")
        for part in system.outside:
            say(f"outside: {part}")
        telling = asyncio.create_task(_tell_when_ready(system, settings))
        try:
            await system.until(stop)
        finally:
            telling.cancel()
        say("draining; Ctrl-C again leaves at once")


async def _tell_when_ready(system: System, settings: RunSettings) -> None:
    """Say what it waits for as long as something outside is away, then that it is ready."""
    reported = None
    while reason := system.waiting:
        if reason != reported:
            say(f"it listens at {system.base_url}, and is not ready: {reason}")
        reported = reason
        await asyncio.sleep(LOOK_SECONDS)
    say(f"ready at {system.base_url} (data in {settings.data_dir}); Ctrl-C stops it")


if __name__ == "__main__":
    sys.exit(main())
