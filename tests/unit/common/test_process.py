"""A process ends with one line and the right status, whatever ends it."""

import asyncio
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from textwrap import dedent

import pytest
from pydantic import Field

from libs.common.errors import Code, SluiceError
from libs.common.runtime import process
from libs.common.runtime.logs import log_start
from libs.common.settings import EnvSettings
from services.gateway.settings import GatewaySettings
from sluice import terminal
from tests.support.waiting import LIMIT_S

STOPPED_TWICE = """
    import asyncio, os, signal, sys
    from libs.common.runtime.process import run_until_stopped

    async def run(stop):
        os.kill(os.getpid(), signal.SIGTERM)
        await stop.wait()
        await asyncio.sleep(float(sys.argv[1]))
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.2)

    sys.exit(run_until_stopped(run, 10.0))
"""
LEFT_BEHIND = """
    import asyncio, sys
    from libs.common.runtime.process import run_until_stopped

    async def stubborn():
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                pass

    async def run(stop):
        global task
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)

    sys.exit(run_until_stopped(run, 60.0))
"""
INTERRUPTED_WHILE_IMPORTING = """
    import os, runpy, signal, sys

    class Interrupting:
        def find_spec(self, name, *_):
            if name == "sluice.cli.main":
                os.kill(os.getpid(), signal.SIGINT)

    sys.meta_path.insert(0, Interrupting())
    runpy.run_module("cli", run_name="__main__")
"""


class Settings(EnvSettings):
    depth: int = Field(1, ge=1)


def _wrong_setting() -> None:
    Settings(depth=0)


def _refused() -> None:
    raise SluiceError(Code.PORT_BUSY, "port 8002 is in use")


def _disk_full() -> None:
    raise OSError(28, "No space left on device", "/data/view.sqlite")


def _database_full() -> None:
    raise sqlite3.OperationalError("database or disk is full")


@pytest.mark.parametrize(
    ("fail", "message", "status"),
    [
        (_refused, "port 8002 is in use", terminal.EXIT_FAILED),
        (_disk_full, "/data/view.sqlite: No space left on device", terminal.EXIT_FAILED),
        (_database_full, "database or disk is full", terminal.EXIT_FAILED),
        (_wrong_setting, "the setting DEPTH is wrong", terminal.EXIT_USAGE),
    ],
)
def test_what_ends_a_run_is_one_line(
    fail: Callable[[], None], message: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    async def run(_stop: asyncio.Event) -> None:
        fail()

    assert process.run_until_stopped(run, 10.0) == status
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


@pytest.mark.parametrize(("apart_s", "status"), [(0.0, 0), (0.5, terminal.EXIT_INTERRUPTED)])
def test_signals_at_the_same_moment_are_one_wish_to_stop(apart_s: float, status: int) -> None:
    assert _python(STOPPED_TWICE, str(apart_s)).returncode == status


def test_an_interrupt_during_the_imports_says_nothing() -> None:
    ended = _python(INTERRUPTED_WHILE_IMPORTING)
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")


def test_what_a_finished_service_left_does_not_keep_the_process() -> None:
    """As a client does whose broker is gone: it was the gateway's status 1, after 15 seconds."""
    began = time.monotonic()

    ended = _python(LEFT_BEHIND)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert time.monotonic() - began < 20


def test_a_stop_that_was_in_time_does_not_end_who_called_it_later(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    monkeypatch.setattr("os._exit", left.append)

    async def run(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await stop.wait()

    assert process.run_until_stopped(run, 0.3) == 0
    time.sleep(0.6)
    assert left == []


def test_a_run_that_has_ended_does_not_end_who_called_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_LEFT_SECONDS", 0.05)
    left: list[int] = []
    monkeypatch.setattr("os._exit", left.append)

    async def run(_stop: asyncio.Event) -> None:
        await asyncio.sleep(0)

    assert process.run_until_stopped(run, 10.0) == 0
    time.sleep(0.2)
    assert left == []


def _python(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", dedent(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)


def test_a_line_of_the_log_stays_one_and_says_nothing_to_the_terminal() -> None:
    script = """
        import logging
        from libs.common.runtime.process import configure_logging
        from sluice.terminal import say
        configure_logging("INFO")
        logging.getLogger("a").info("lost %s", "x\\n2026 INFO b: all is well\\x1b[2J")
        say("no file a\\nb")
    """
    done = subprocess.run([sys.executable, "-c", dedent(script)], capture_output=True, text=True, check=True)
    logged, message = done.stderr.splitlines()
    assert logged.endswith(r"INFO    a: lost x\n2026 INFO b: all is well\x1b[2J")
    assert message == r"sluice: no file a\nb"


def test_a_line_of_the_log_is_an_object_where_programs_read_it() -> None:
    script = """
        import logging
        from libs.common.runtime.logs import configure_logging
        configure_logging("INFO", "json")
        logging.getLogger("a").info("lost %s", "x\\ny")
        ids = (f"{n:08}-0000-4000-8000-{n:012}" for n in (1, 2))
        logging.getLogger("a").info("job %s: ended at file %s", *ids)
        try:
            1 / 0
        except ZeroDivisionError:
            logging.getLogger("a").exception("failed")
    """
    done = subprocess.run([sys.executable, "-c", dedent(script)], capture_output=True, text=True, check=True)
    plain, about, failed = [json.loads(line) for line in done.stderr.splitlines()]
    assert (plain["level"], plain["logger"], plain["message"]) == ("INFO", "a", "lost x\ny")
    assert about["job_id"] == "00000001-0000-4000-8000-000000000001"
    assert about["file_id"] == "00000002-0000-4000-8000-000000000002"
    assert "job_id" not in plain
    assert "ZeroDivisionError" in failed["error"]


def test_a_start_names_the_settings_that_differ_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    settings = GatewaySettings(
        api_key="hidden", port=9000, qdrant_port=6333, ml_inference_service_url="http://me:word@ml:8001"
    )
    with caplog.at_level("INFO"):
        log_start("gateway", settings)
    (line,) = caplog.messages
    assert "PORT=9000" in line
    assert "API_KEY=**********" in line
    assert "ML_INFERENCE_SERVICE_URL=http://ml:8001" in line
    assert not {"hidden", "word", "QDRANT_PORT"} & set(re.findall(r"\w+", line))
