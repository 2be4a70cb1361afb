"""How long a child may take to answer."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from libs.common.children.child import Child
from libs.common.children.ending import OverTimeError

_SHORTEST_LOOK_S = 0.05
_FREE_S = 0.1
"""Most answers come within this, which is not counted: looking at the process costs time too."""
_NANOSECONDS = 1e-9


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """`seconds` that the process computes, sleeps or reads. What it is ready to compute and no core is free
    does not count: a busy machine is not the file's fault.
    """

    seconds: float

    async def kept(self, child: Child, answer: asyncio.Future[bytearray]) -> bytearray:
        """The answer; OverTimeError if the limit is over."""
        if await _done(answer, _FREE_S):
            return answer.result()
        before, left = _taken(child.pid), self.seconds
        while left > 0:
            if await _done(answer, max(left, _SHORTEST_LOOK_S)):
                return answer.result()
            left = self.seconds - (_taken(child.pid) - before)
        raise OverTimeError


async def _done(answer: asyncio.Future[bytearray], seconds: float) -> bool:
    done, _ = await asyncio.wait((answer,), timeout=seconds)
    return bool(done)


def _taken(pid: int) -> float:
    """Seconds by the clock less those in which a thread of the process waited for a core."""
    return time.monotonic() - _waited(pid)


def _waited(pid: int) -> float:
    """Seconds that the threads of a process have spent in the queue for a core; 0 where nothing counts them.

    /proc/PID/task/TID/schedstat: nanoseconds on a core, nanoseconds in its queue, turns
    (Documentation/scheduler/sched-stats.rst).
    """
    waited = 0
    with suppress(OSError):  # another system, or it has just ended
        for task in Path(f"/proc/{pid}/task").iterdir():
            waited += int((task / "schedstat").read_text().split()[1])
    return waited * _NANOSECONDS
