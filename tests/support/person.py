"""Somebody at a terminal of 80 columns, with the command and a running gateway."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import evening_photos, terminal
from tests.support.system import system
from tests.support.terminal import COLUMNS, Screen
from tests.support.waiting import LIMIT_S, until

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def at_home(photos: int) -> AsyncIterator["Person"]:
    """Somebody with photos in `Photos`, under a path of usual length, and a system that runs."""
    with tempfile.TemporaryDirectory(prefix="e", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        await asyncio.to_thread(evening_photos.make, home / "Photos", photos)
        async with system(home / "data", ML_MODEL="labels") as running:
            yield Person(home, running.base_url)


@dataclass
class Person:
    """Types commands in a folder, and keeps what was shown."""

    home: Path
    url: str
    shown: list[str] = field(default_factory=list)

    async def types(self, command: str, *, status: int = 0) -> str:
        """What the command showed; each row fits, but for the URL of a gateway elsewhere."""
        screen = await self.runs(f"sluice {command}", status=status)
        assert [row for row in screen.rows if len(row) > COLUMNS and "://" not in row] == []
        return screen.text

    async def writes(self, command: str, target: str) -> Path:
        """The file that the command's standard output went to; nothing but data is in it."""
        await self.runs(f'sluice {command} > "{target}"')
        return self.home / target

    async def runs(self, line: str, *, status: int = 0) -> Screen:
        """What a line of shell showed."""
        screen = await asyncio.to_thread(self._shell, line)
        self.shown += [f"$ {line}", *screen.rows, ""]
        assert screen.status == status, screen.text
        assert "Traceback" not in screen.text
        return screen

    async def sees(self, command: str, words: str) -> None:
        """Type it until it shows these words, as a person waits for what is under way."""

        async def shown() -> bool:
            return words in (await asyncio.to_thread(self._shell, f"sluice {command}")).text

        await until(shown)
        await self.types(command)

    def _shell(self, line: str) -> Screen:
        defined = f'sluice() {{ "{sys.executable}" -m cli "$@"; }}'
        ours = {"SLUICE_URL": self.url, "PYTHONPATH": str(ROOT), "HOME": str(self.home), "TZ": "UTC"}
        return terminal.run(["/bin/sh", "-c", f"{defined}\n{line}"], self.home, os.environ | ours, LIMIT_S)
