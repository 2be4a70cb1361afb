"""Replicas of the stages, each an operating-system process that can be hurt."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from sluice.terminal import EXIT_FAILED

STOP_SECONDS = 30.0


class Replica:
    """One instance of a stage; the same name, and the same data, after each restart."""

    def __init__(self, stage: str, name: str, home: Path, environment: Mapping[str, str]) -> None:
        self.stage = stage
        self.name = name
        self.log = home / f"{stage}-{name}.log"
        self.data_dir = home / f"{stage}-{name}"
        self._environment = {
            **os.environ,
            **environment,
            "INSTANCE": name,
            "DATA_DIR": str(self.data_dir),
        }
        self._process: asyncio.subprocess.Process | None = None
        self.tree = Path.cwd()
        """Where the code of its next start is: another release, say."""
        self.frozen = False
        self.end_requested = False
        self.busy = False
        """Something is being done to it; nothing else should be, meanwhile."""

    @property
    def running(self) -> bool:
        """Whether its process is there, frozen or not."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """Of its process, while that runs."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def ended_by_itself(self) -> int | None:
        """The exit status of a process that no one asked to end."""
        process = self._process
        return None if process is None or self.end_requested else process.returncode

    async def start(self) -> None:
        """Start its process; its words go to its log."""
        self.end_requested = self.frozen = False
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", f"services.{self.stage}"),
                env=self._environment | {"PYTHONPATH": str(self.tree)},
                cwd=self.tree,
                stdout=log,
                stderr=log,
            )

    async def end(self, number: signal.Signals) -> int:
        """End it; a process that does not heed SIGTERM within its time is killed. The exit status."""
        if self._process is None:
            return 0
        self.end_requested = True
        self.thaw()
        self._send(number)
        try:
            return await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._send(signal.SIGKILL)
            await self._process.wait()
            return EXIT_FAILED

    def freeze(self) -> None:
        """Stop its process where it stands, as a machine does that swaps."""
        self.frozen = True
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self.frozen:
            self.frozen = False
            self._send(signal.SIGCONT)

    def last_words(self) -> str:
        """The last line that it logged."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return lines[-1][:300] if lines else "it said nothing"

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)
