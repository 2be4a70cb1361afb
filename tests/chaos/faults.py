"""What goes wrong, when, and to whom: chance decides, from a seed."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

import httpx

from libs.common.errors import SluiceError
from tests.chaos.ml import WAYS
from tests.chaos.poison import Poison
from tests.chaos.replicas import Replica
from tests.chaos.world import STAGES, World
from tests.support.qdrant_faults import Fault

WEIGHTS = {
    "kill": 6, "term": 3, "freeze": 3, "join": 2, "leave": 2, "broker": 1, "ml": 6, "store": 4, "poison": 2,
}  # fmt: skip
PAUSE_S = (0.2, 1.8)
INSIST_SECONDS = 30.0
_EMBED = "multipart"
_POINTS = "/points"
ML: tuple[tuple[str, Fault | str], ...] = (
    ("refused", Fault("refuse", seconds=4.0)),
    ("slow", Fault("delay", 2, _EMBED, seconds=3.0)),
    ("no answer in time", Fault("delay", 1, _EMBED, seconds=9.0)),
    ("500", Fault("status", 3, _EMBED, 500, body="made to fail")),
    ("503", Fault("status", 3, _EMBED, 503, body="made to fail")),
    ("413", Fault("status", 2, _EMBED, 413, body="Request Entity Too Large")),
    ("connection cut", Fault("drop", 1, _EMBED)),
    ("done, then connection cut", Fault("drop_after", 1, _EMBED)),
    *((f"wrong {way}", way) for way in WAYS),
)
STORE: tuple[tuple[str, Fault], ...] = (
    ("refused", Fault("refuse", seconds=4.0)),
    ("error once", Fault("status", 1, _POINTS, 500)),
    ("overloaded", Fault("status", 4, _POINTS, 503)),
    ("slow", Fault("delay", 2, _POINTS, seconds=3.0)),
    ("no answer in time", Fault("delay", 1, _POINTS, seconds=35.0)),
    ("connection cut", Fault("drop", 1, _POINTS)),
    ("done, then connection cut", Fault("drop_after", 1, _POINTS)),
)
CardT = TypeVar("CardT")


@dataclass(frozen=True, slots=True)
class Happened:
    """One fault: what, and when (seconds since the epoch)."""

    kind: str
    what: str
    at: float


class Deck(Generic[CardT]):
    """Deals every card once, in the order of chance, before it deals one again."""

    def __init__(self, random: Random, cards: Sequence[CardT]) -> None:
        self._random = random
        self._cards = cards
        self._left: list[CardT] = []

    def deal(self) -> CardT:
        """The next card."""
        if not self._left:
            self._left = self._random.sample(self._cards, len(self._cards))
        return self._left.pop()


class Chaos:
    """Does things to a world; `happened` says which."""

    def __init__(
        self, world: World, poison: Poison, random: Random, kinds: Sequence[str], replicas: int
    ) -> None:
        self._world = world
        self._poison = poison
        self._random = random
        self._kinds = Deck(random, [kind for kind in WEIGHTS if kind in kinds for _ in range(WEIGHTS[kind])])
        self._ml, self._store = Deck(random, ML), Deck(random, STORE)
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
            "poison": self._send_poison,
        }

    async def run(self, seconds: float) -> None:
        """Let things go wrong for so long; then all is fixed, and every replica runs."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            task = asyncio.create_task(_as_coroutine(self._do[self._kinds.deal()]))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            await asyncio.sleep(self._random.uniform(*PAUSE_S))
        await asyncio.gather(*self._under_way)
        await _insist(self._world.no_faults)

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
        # Killed by the signal itself: it had not come far enough to listen for it.
        if number is signal.SIGTERM and status not in (0, -number):
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
            await start_broker(self._world)

    async def _hurt_ml(self) -> None:
        what, fault = self._ml.deal()
        self._note("ml", what)
        if isinstance(fault, str):
            await _insist(lambda: self._world.ml_spoil(fault))
        else:
            await _insist(lambda: self._world.ml_fault(fault))
            await asyncio.sleep(fault.seconds)

    async def _hurt_store(self) -> None:
        what, fault = self._store.deal()
        self._note("store", what)
        await _insist(lambda: self._world.store.fault(fault))
        await asyncio.sleep(fault.seconds)

    async def _send_poison(self) -> None:
        self._note("poison", await self._poison.send())


async def start_broker(world: World) -> None:
    """Start the world's broker again; a dead one's ports may linger for a moment."""
    for tries_left in reversed(range(5)):
        try:
            await world.broker.start()
        except SluiceError:
            if not tries_left:
                raise
            await asyncio.sleep(1)
        else:
            return


async def _insist(call: Callable[[], Awaitable[None]]) -> None:
    """Make the call, also if the service refuses connections just now."""
    async with asyncio.timeout(INSIST_SECONDS):
        while True:
            try:
                return await call()
            except httpx.TransportError:
                await asyncio.sleep(0.2)


async def _as_coroutine(call: Callable[[], Awaitable[None]]) -> None:
    await call()
