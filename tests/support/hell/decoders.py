"""What decoder processes take of the machine, looked at all the time from outside."""

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

MEMORY_BYTES = 1 << 30
"""What a decoder may allocate in these tests."""
CODE_BYTES = 1 << 28
"""What it has in memory besides: its programs and libraries, which are mapped files."""
LOOK_SECONDS = 0.05


@dataclass
class Decoders:
    """All decoder processes that were ever seen, and the most that any of them ever had, in bytes."""

    seen: set[int] = field(default_factory=set)
    largest: int = 0
    unbounded: set[int] = field(default_factory=set)
    others: frozenset[int] = frozenset()

    def check(self) -> None:
        """None was larger than its limit, each had one, and none is left."""
        assert self.seen
        assert self.largest <= MEMORY_BYTES + CODE_BYTES
        assert not self.unbounded
        assert not [pid for pid in self.seen if psutil.pid_exists(pid)]

    def look(self, family: psutil.Process) -> None:
        """Take in those that run now."""
        for each in family.children(recursive=True):
            try:
                if each.pid not in self.others and "services.processor.decoding.child" in each.cmdline():
                    self._take(each.pid)
            except (psutil.NoSuchProcess, OSError):
                continue  # it ended just now

    def _take(self, pid: int) -> None:
        status = Path(f"/proc/{pid}/status").read_text()
        if "VmHWM:" not in status:
            return  # it is ending
        peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024
        self.seen.add(pid)
        self.largest = max(self.largest, peak)
        # Its first act is to bound itself: what has loaded its libraries is past that.
        if peak > CODE_BYTES and resource.prlimit(pid, resource.RLIMIT_DATA)[0] != MEMORY_BYTES:
            self.unbounded.add(pid)


@asynccontextmanager
async def watched(parent: int, *, only_new: bool = False) -> AsyncIterator[Decoders]:
    """The decoders below the process `parent` while the block lasts; `only_new`: that come up meanwhile."""
    family = psutil.Process(parent)
    others = (each.pid for each in family.children(recursive=True) if only_new)
    found = Decoders(others=frozenset(others))

    async def watch() -> None:
        while True:
            await asyncio.to_thread(found.look, family)
            await asyncio.sleep(LOOK_SECONDS)

    watching = asyncio.create_task(watch())
    try:
        yield found
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
