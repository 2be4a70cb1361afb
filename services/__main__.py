"""`python -m services`: everything in one process until Ctrl-C."""

import asyncio
import sys

from libs.common.process import configure_logging, read_settings, run_until_stopped, say
from services.all_in_one import running
from services.settings import RunSettings


def main() -> int:
    """Run until stopped; the exit status."""
    settings = read_settings(RunSettings)
    configure_logging(settings.log_level)

    async def run(stop: asyncio.Event) -> None:
        async with running(settings, say) as system:
            for part in system.embedded:
                say(f"embedded: {part}")
            for part in system.outside:
                say(f"outside: {part}")
            say(f"ready at {system.base_url} (data in {settings.data_dir}); Ctrl-C stops it")
            await system.until(stop)
            say("draining; Ctrl-C again leaves at once")
        say("stopped")

    return run_until_stopped(run, settings.drain_seconds)


if __name__ == "__main__":
    sys.exit(main())
