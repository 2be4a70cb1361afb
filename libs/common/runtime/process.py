"""Running services as an operating-system process: logging, signals, deadlines, one line per mistake."""

import asyncio
import logging
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from libs.common.errors import SluiceError
from libs.common.runtime.logs import configure_logging, log_start
from libs.common.runtime.private import UMASK, keep_private
from libs.common.runtime.service import Service
from libs.common.runtime.wrong_settings import wrong_settings
from libs.common.settings import FilesSettings, StageSettings
from sluice.terminal import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, say

SettingsT = TypeVar("SettingsT", bound=BaseSettings)
StageSettingsT = TypeVar("StageSettingsT", bound=StageSettings)

log = logging.getLogger(__name__)

_LEFT_SECONDS = 2.0
"""How long what a finished service has left may take: clients whose broker is gone do not end on cancel."""
_SAME_STOP_SECONDS = 0.3
"""Signals this close are one: make passes on the SIGTERM that its whole process group was sent anyway."""


def run_stage(settings_type: type[StageSettingsT], build: Callable[[StageSettingsT], Service]) -> NoReturn:
    """The whole life of a stage as a process of its own; what `__main__` modules call."""
    settings = read_settings(settings_type)
    configure_logging(settings.log_level, settings.log_format)
    service = build(settings)
    log_start(service.stage, settings)

    async def run(stop: asyncio.Event) -> None:
        keep_private(settings.data_dir, "DATA_DIR")
        if isinstance(settings, FilesSettings):
            keep_private(settings.upload_dir, "UPLOAD_DIR")
        await service.run(stop)

    sys.exit(run_until_stopped(run, settings.drain_seconds))


def read_settings(settings_type: type[SettingsT]) -> SettingsT:
    """The settings from the environment; a bad one ends the process with a line that names it."""
    try:
        return settings_type()
    except ValidationError as error:
        _say_wrong(error)
        sys.exit(EXIT_USAGE)


def _say_wrong(error: ValidationError) -> None:
    for name, reason in wrong_settings(error):
        say(f"the setting {name} is wrong: {reason}")


def run_until_stopped(run: Callable[[asyncio.Event], Coroutine[Any, Any, None]], drain_s: float) -> int:
    """Run until SIGINT or SIGTERM, then let it drain; the exit status.

    A second signal leaves at once, and so does the end of `drain_s`: a stop must not hang on a broker that
    is gone. What keeps it from running, a full disk or a setting of one stage included, is one line.
    """
    before, umask = signal.getsignal(signal.SIGINT), os.umask(UMASK)
    left = threading.Timer(_LEFT_SECONDS, os._exit, (0,))
    late = threading.Timer(drain_s, _leave, (f"not drained in {drain_s:.0f} s: leaving", EXIT_FAILED))
    left.daemon = late.daemon = True
    try:
        asyncio.run(_run(run, late, left))
    except SluiceError as error:
        say(error.detail)
        return EXIT_FAILED
    except ValidationError as error:
        _say_wrong(error)
        return EXIT_USAGE
    except (OSError, sqlite3.OperationalError) as error:
        log.debug("it ended with", exc_info=True)
        say(_in_words(error))
        return EXIT_FAILED
    finally:
        left.cancel()
        late.cancel()
        # The event loop leaves Python's own handler, which would answer a last Ctrl-C with a traceback.
        signal.signal(signal.SIGINT, before)
        os.umask(umask)
    return 0


def _in_words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"a database in DATA_DIR: {error}" if isinstance(error, sqlite3.Error) else str(error)


async def _run(
    run: Callable[[asyncio.Event], Coroutine[Any, Any, None]], late: threading.Timer, left: threading.Timer
) -> None:
    """`late` is started by the first signal, `left` once `run` has returned."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    first_at = 0.0

    def on_signal() -> None:
        nonlocal first_at
        if stop.is_set():
            if loop.time() - first_at > _SAME_STOP_SECONDS:
                _leave("stopped at once, without draining", EXIT_INTERRUPTED)
            return
        first_at = loop.time()
        stop.set()
        late.start()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)
    await run(stop)
    left.start()


def _leave(reason: str, status: int) -> None:
    say(reason)
    os._exit(status)
