"""What each kind of process computes for a file: unlike the clock, that hardly depends on who else runs."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from bench.system import System


class Costs:
    """Core seconds by kind of process, over `files` files."""

    def __init__(self, files: int) -> None:
        self._files = files
        self._seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def of(self, running: System) -> Iterator[None]:
        """Count what the system computes within the block."""
        before = running.cpu_seconds()
        yield
        for role, seconds in running.cpu_seconds().items():
            self.add(role, seconds - before[role])

    def add(self, role: str, seconds: float) -> None:
        """Count `seconds` of a core."""
        self._seconds[role] += seconds

    def words(self) -> str:
        """Milliseconds of a core a file, by kind of process."""
        parts = (f"{role} {1000 * seconds / self._files:.2f}" for role, seconds in self._seconds.items())
        return "CPU ms a file: " + ", ".join(parts)
