"""A process that ends with this one: started under the guard, in a session of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

OUTPUT = "broker.out"
PID = "broker.pid"
_GUARD = Path(__file__).parent / "guard.py"


class GuardedProcess:
    """A command that runs in `directory`, with its output in OUTPUT and its pid in PID there."""

    def __init__(self, directory: Path, command: Sequence[str], grace: float) -> None:
        """Start it. When it has to end it gets SIGTERM and, `grace` seconds later, SIGKILL."""
        guard = [sys.executable, "-I", "-S", str(_GUARD)]
        arguments = [str(os.getpid()), str(directory / PID), str(grace), *command]
        with (directory / OUTPUT).open("wb") as output:
            self._process = subprocess.Popen(
                [*guard, *arguments],
                cwd=directory,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Away from the terminal's Ctrl-C: the broker has to outlive those who drain into it.
                start_new_session=True,
            )
        self._grace = grace

    @property
    def ended(self) -> int | None:
        """The exit status, None while it runs."""
        return self._process.poll()

    def wait(self, timeout: float) -> int | None:
        """The exit status, None if it still runs after `timeout` seconds. Blocks."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> None:
        """End it, within the grace time and a little, and wait for that. A second call does nothing."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self.wait(self._grace + 5.0) is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
