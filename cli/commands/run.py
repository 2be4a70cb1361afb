"""`sluice run` and `sluice demo`: the whole system in this process."""

import asyncio
import os
import socket
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from libs.common.runtime.logs import configure_logging
from libs.common.runtime.process import read_settings, run_until_stopped
from services.settings import RunSettings
from sluice.terminal import EXIT_INTERRUPTED

if TYPE_CHECKING:
    from cli.demo import System

_LOOPBACK = "127.0.0.1"


def run(
    port: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=65535,
            help="Listen on this port (default: PORT, or 8002)",
            show_default=False,
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Keep all data here (default: DATA_DIR, or ./data)", show_default=False
        ),
    ] = None,
) -> int:
    """Run everything in this process until Ctrl-C."""
    given = {"PORT": port, "DATA_DIR": data_dir}
    # Every stage reads the environment: what is given here counts for all of them.
    os.environ.update({name: str(value) for name, value in given.items() if value is not None})
    # All the stages take a second to import, which no other command should wait for.
    from services import __main__ as everything  # noqa: PLC0415

    return everything.main()


def demo(
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR_OR_FILE]", help="Your own photos (default: samples)", show_default=False
        ),
    ] = None,
) -> int:
    """Start everything, ingest sample photos, search them."""
    from cli.demo import Demo  # noqa: PLC0415 (as above)

    settings = read_settings(RunSettings)
    configure_logging(settings.log_level, settings.log_format)
    # What protects a system that others reach would only keep the demo's own from it.
    given: dict[str, Any] = {"api_key": None, "scan_roots": (), "allowed_hosts": ()}
    if source is None:
        given["accept_gif"] = False  # one of the samples shows what is not ingested
    show = Demo(settings.data_dir / "demo", lambda data: _start(settings, data, given), Console())
    finished: list[bool] = []

    async def show_it(stop: asyncio.Event) -> None:
        finished.append(await show.run(source, stop))

    status = run_until_stopped(show_it, settings.drain_seconds)
    return EXIT_INTERRUPTED if finished == [False] else status


def _start(
    settings: RunSettings, data: Path, given: Mapping[str, Any]
) -> "AbstractAsyncContextManager[System]":
    """Everything embedded, but for a Kafka that was named: that is how it runs without a download."""
    from services.all_in_one import running  # noqa: PLC0415 (as above)

    port = settings.port if "port" in settings.model_fields_set else _free_port()
    own = RunSettings(
        kafka_bootstrap_servers=settings.kafka_bootstrap_servers,
        qdrant_host=None,
        ml_inference_service_url=None,
        ml_model=settings.ml_model,
        ml_models_dir=settings.models_dir,
        data_dir=data,
        upload_dir=None,
        host=_LOOPBACK,
        port=port,
    )
    return running(own, given=given)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])
