"""The `sluice` command."""

import argparse
import asyncio
import socket
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from rich.console import Console

from cli.demo import Demo, System
from libs.common.process import EXIT_INTERRUPTED, configure_logging, read_settings, run_until_stopped
from services import __main__ as everything
from services.all_in_one import running
from services.settings import RunSettings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in `arguments` (None: the process's own); the exit status."""
    chosen = _parser().parse_args(arguments)
    if chosen.command == "run":
        return everything.main()
    return _demo(chosen.folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sluice", description="Photos in, searchable vectors out.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run everything in this process until Ctrl-C")
    demo = commands.add_parser("demo", help="ingest photos from nothing, show the result, and stop")
    demo.add_argument("folder", nargs="?", type=Path, help="your own photos (default: samples)")
    return parser


def _demo(folder: Path | None) -> int:
    settings = read_settings(RunSettings)
    configure_logging(settings.log_level)
    demo = Demo(settings.data_dir / "demo", lambda data: _start(settings, data), Console())
    finished: list[bool] = []

    async def run(stop: asyncio.Event) -> None:
        finished.append(await demo.run(folder, stop))

    status = run_until_stopped(run, settings.drain_seconds)
    return EXIT_INTERRUPTED if finished == [False] else status


def _start(settings: RunSettings, data: Path) -> AbstractAsyncContextManager[System]:
    """Everything embedded, but for a Kafka that was named: that is how it runs without a download."""
    port = settings.port if "port" in settings.model_fields_set else _free_port(settings.host)
    return running(
        RunSettings(
            kafka_bootstrap_servers=settings.kafka_bootstrap_servers,
            qdrant_host=None,
            ml_inference_service_url=None,
            data_dir=data,
            upload_dir=None,
            port=port,
        )
    )


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
