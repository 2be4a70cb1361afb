"""What goes wrong, when, and to whom: chance decides, from a seed."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random

from libs.common.errors import SluiceError
from tests.chaos.ml import WAYS
from tests.chaos.replicas import Replica
from tests.chaos.world import STAGES, World
from tests.support.qdrant_faults import Fault

WEIGHTS = {"kill": 6, "term": 3, "freeze": 3, "join": 2, "leave": 2, "broker": 1, "ml": 5, "store": 4}
PAUSE_S = (0.2, 1.8)
_ML_STATUSES = (500, 503, 413)
_EMBED = "multipart"


@dataclass(frozen=True, slots=True)
class Happened:
    """One fault: what, and when (seconds since the epoch)."""

    kind: str
    what: str
    at: float


class Chaos:
    """Does things to a world; `happened` says which."""

    def __init__(self, world: World, random: Random, kinds: Sequence[str], replicas: int) -> None:
        self._world = world
        self._random = random
        self._kinds = [kind for kind in WEIGHTS if kind in kinds]
        self._replicas = replicas
        self._names = replicas
        self._broker = asyncio.Lock()
        self._under_way: set[asyncio.Task[None]] = set()
        self.happened: list[Happened] = []
        self._do: dict[str, Callable[[], Awaitable[None]]] = {
            "kill": self._kill,
            "term": self._term,
            "freeze": self._freeze,
            "join": self._join,
            "leave": self._leave,
            "broker": self._restart_broker,
            "ml": self._hurt_ml,
            "store": self._hurt_store,
        }

    async def run(self, seconds: float) -> None:
        """Let things go wrong for so long; then all is mended, and every replica runs."""
        weights = [WEIGHTS[kind] for kind in self._kinds]
        until = time.monotonic() + seconds
        while self._kinds and time.monotonic() < until:
            [kind] = self._random.choices(self._kinds, weights)
            task = asyncio.create_task(_as_coroutine(self._do[kind]))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            await asyncio.sleep(self._random.uniform(*PAUSE_S))
        await asyncio.gather(*self._under_way)
        await self._world.no_faults()

    def _note(self, kind: str, what: str) -> None:
        self.happened.append(Happened(kind, what, time.time()))

    def _victim(self) -> Replica | None:
        """A replica that is well, of any stage."""
        well = [r for r in self._world.replicas if r.running and not r.busy]
        stages = [stage for stage in STAGES if any(r.stage == stage for r in well)]
        if not stages:
            return None
        stage = self._random.choice(stages)
        return self._random.choice([r for r in well if r.stage == stage])

    async def _kill(self) -> None:
        await self._end_and_start("kill", signal.SIGKILL)

    async def _term(self) -> None:
        await self._end_and_start("term", signal.SIGTERM)

    async def _end_and_start(self, kind: str, number: signal.Signals) -> None:
        victim = self._victim()
        if victim is None:
            return
        victim.busy = True
        self._note(kind, f"{victim.stage} {victim.name}")
        status = await victim.end(number)
        if number is signal.SIGTERM and status != 0:
            self._world.crashes[
                f"{victim.stage} told to stop ended with {status}: {victim.last_words()}"
            ] += 1
        await asyncio.sleep(self._random.uniform(0, 3))
        await victim.start()
        victim.busy = False

    async def _freeze(self) -> None:
        """Often for longer than the session, so that it wakes up expelled, with a batch in hand."""
        victim = self._victim()
        if victim is None:
            return
        victim.busy = True
        self._note("freeze", f"{victim.stage} {victim.name}")
        victim.freeze()
        await asyncio.sleep(self._random.uniform(0.5, 12))
        victim.thaw()
        victim.busy = False

    async def _join(self) -> None:
        stage = self._random.choice([stage for stage in STAGES if stage != "gateway"])
        if len(self._of(stage)) > self._replicas:
            return
        self._names += 1
        self._note("join", stage)
        await self._world.add(stage, f"r{self._names}").start()

    async def _leave(self) -> None:
        """One that joined goes for good."""
        more = [r for s in STAGES for r in self._of(s)[self._replicas :] if not r.busy]
        if not more:
            return
        victim = self._random.choice(more)
        self._note("leave", victim.stage)
        victim.busy = True
        self._world.replicas.remove(victim)
        await victim.end(signal.SIGTERM)

    def _of(self, stage: str) -> list[Replica]:
        return [replica for replica in self._world.replicas if replica.stage == stage]

    async def _restart_broker(self) -> None:
        if self._broker.locked():
            return
        async with self._broker:
            killed = self._random.random() < 0.7
            self._note("broker", "killed" if killed else "stopped")
            if killed:
                self._world.kill_broker()
            await self._world.broker.stop()
            await asyncio.sleep(self._random.uniform(0, 4))
            await self._start_broker()

    async def _start_broker(self) -> None:
        """A dead broker's ports may linger for a moment."""
        for tries_left in reversed(range(5)):
            try:
                await self._world.broker.start()
            except SluiceError:
                if not tries_left:
                    raise
                await asyncio.sleep(1)
            else:
                return

    async def _hurt_ml(self) -> None:
        how = self._random.choice(("refuse", "delay", "drop", "status", "spoil"))
        match how:
            case "spoil":
                way = self._random.choice(list(WAYS))
                self._note("ml", way)
                await self._world.ml_spoil(way)
            case "refuse":
                self._note("ml", "refused")
                await self._world.ml_fault(Fault("refuse", seconds=self._random.uniform(0.5, 5)))
                await asyncio.sleep(6)
            case "status":
                status = self._random.choice(_ML_STATUSES)
                self._note("ml", str(status))
                times = self._random.randint(1, 4)
                await self._world.ml_fault(Fault("status", times, _EMBED, status, body="made to fail"))
            case "delay":
                self._note("ml", "slow")
                await self._world.ml_fault(
                    Fault("delay", 2, _EMBED, seconds=self._random.choice((0.5, 2.0, 9.0)))
                )
            case _:
                self._note("ml", "connection cut")
                kind = self._random.choice(("drop", "drop_after"))
                await self._world.ml_fault(Fault(kind, 1, _EMBED))  # type: ignore[arg-type]

    async def _hurt_store(self) -> None:
        match self._random.choice(("refuse", "status", "delay", "drop", "drop_after")):
            case "refuse":
                self._note("store", "refused")
                await self._world.store.fault(Fault("refuse", seconds=self._random.uniform(0.5, 5)))
                await asyncio.sleep(6)
            case "status":
                self._note("store", "error")
                status = self._random.choice((500, 503))
                await self._world.store.fault(Fault("status", self._random.randint(1, 4), "/points", status))
            case "delay":
                self._note("store", "slow")
                await self._world.store.fault(
                    Fault("delay", 2, "/points", seconds=self._random.uniform(0.5, 4))
                )
            case "drop":
                self._note("store", "connection cut")
                await self._world.store.fault(Fault("drop", 1, "/points"))
            case _:
                self._note("store", "done, then connection cut")
                await self._world.store.fault(Fault("drop_after", 1, "/points"))


async def _as_coroutine(call: Callable[[], Awaitable[None]]) -> None:
    await call()
