"""The command `sluice`, run as people run it."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.system import Process

ROOT = Path(__file__).parents[2]
SECONDS = 60.0


@dataclass(frozen=True)
class Message:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    def body(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Shell:
    """Runs commands where the system runs."""

    running: Process
    home: Path

    async def __call__(self, *arguments: str, **environment: str) -> Message:
        ours = {"SLUICE_URL": self.running.base_url, "DATA_DIR": str(self.home / "data")}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli", *arguments, cwd=ROOT, env=os.environ | ours | environment,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), SECONDS)
        message = Message(process.returncode or 0, out.decode(), err.decode())
        assert "Traceback" not in message.err
        assert "\x1b" not in message.out + message.err
        return message
