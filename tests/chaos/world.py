"""Everything that runs: the broker, the store, the ML service and the replicas of all stages."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import msgspec

from libs.embedded.kafka import EmbeddedKafka
from libs.embedded.ports import free_ports
from libs.embedded.process import PID
from libs.embedded.settings import EmbeddedSettings
from tests.chaos.library import IMAGE_SIZE
from tests.chaos.ml import SPOIL
from tests.chaos.replicas import Replica
from tests.support.ml_faults import DIMENSION
from tests.support.qdrant import QdrantHttp
from tests.support.qdrant_faults import CONTROL, Fault
from tests.support.system import free_port

STAGES = ("gateway", "scanner", "processor", "inferencer", "upserter")
PARTITIONS = 4
SESSION_SECONDS = 6
READY_SECONDS = 240.0
WATCH_SECONDS = 0.3


class World:
    """The system under proof. `crashes` are the exits that no one asked for, by replica and last words."""

    def __init__(
        self, home: Path, broker: EmbeddedKafka, store: QdrantHttp, model: "Model", session_s: float
    ) -> None:
        self.home = home
        self.broker = broker
        self.store = store
        self.model = model
        self._ml = f"http://127.0.0.1:{model.port}"
        self.replicas: list[Replica] = []
        self.gateways: list[str] = []
        self.crashes: Counter[str] = Counter()
        self._bootstrap = broker.bootstrap_servers
        self._environment = {
            "KAFKA_BOOTSTRAP_SERVERS": self._bootstrap,
            "KAFKA_SESSION_SECONDS": str(session_s),
            "TOPIC_PARTITIONS": str(PARTITIONS),
            "QDRANT_HOST": "127.0.0.1",
            "QDRANT_PORT": str(store.port),
            "QDRANT_VECTOR_SIZE": str(DIMENSION),
            "ML_INFERENCE_SERVICE_URL": self._ml,
            "ML_TIMEOUT_SECONDS": "8",
            "ML_POLL_SECONDS": "2",
            "IMAGE_SIZE": str(IMAGE_SIZE),
            "DECODE_WORKERS": "1",
            "UPLOAD_DIR": str(home / "uploads"),
            "LOG_LEVEL": "INFO",
        }

    @property
    def bootstrap_servers(self) -> str:
        """Where the broker is, also while it is down."""
        return self._bootstrap

    def add(self, stage: str, name: str) -> Replica:
        """One more replica, not yet started. A gateway gets a port of its own."""
        also: dict[str, str] = {}
        if stage == "gateway":
            port = free_port()
            self.gateways.append(f"http://127.0.0.1:{port}")
            also = {"PORT": str(port), "HOST": "127.0.0.1"}
        replica = Replica(stage, name, self.home, self._environment | also)
        self.replicas.append(replica)
        return replica

    async def ml_fault(self, fault: Fault) -> None:
        """Have the ML service's next requests fail so."""
        await self._tell_ml(CONTROL, msgspec.json.encode(fault))

    async def ml_spoil(self, how: str | None) -> None:
        """Have the ML service's next answer be wrong in that way."""
        await self._tell_ml(SPOIL, msgspec.json.encode({"how": how}))

    async def _tell_ml(self, path: str, body: bytes) -> None:
        async with httpx.AsyncClient(base_url=self._ml) as client:
            (await client.post(path, content=body)).raise_for_status()

    async def no_faults(self) -> None:
        """Store and ML service answer well from here on."""
        await self.store.no_faults()
        await self.ml_spoil(None)
        async with httpx.AsyncClient(base_url=self._ml) as client:
            (await client.delete(CONTROL)).raise_for_status()

    def kill_broker(self) -> None:
        """The power cut: no handler of the JVM runs."""
        os.kill(int((self.home / "broker" / "kafka" / PID).read_text()), signal.SIGKILL)

    async def kill_store(self) -> None:
        """SIGKILL; what it has acknowledged is on its disk."""
        await self.store.stop(signal.SIGKILL)

    async def start_store(self) -> None:
        """Where it was before."""
        self.store = await QdrantHttp.start(self.home / "store", self.store.port, log=self.home / "store.log")

    async def watch(self) -> None:
        """Start again, as an orchestrator does, what ended without being asked; count it."""
        while True:
            for replica in self.replicas:
                status = replica.ended_by_itself
                if status is not None and not replica.busy:
                    self.crashes[f"{replica.stage} ended with {status}: {replica.last_words()}"] += 1
                    await replica.start()
            await asyncio.sleep(WATCH_SECONDS)

    async def ready(self) -> None:
        """Return once every gateway says that it can answer."""
        async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient(timeout=10) as client:
            for gateway in self.gateways:
                while not await _answers(client, gateway):
                    await asyncio.sleep(0.2)

    async def end(self) -> None:
        """End every replica that is left."""
        await asyncio.gather(*(replica.end(signal.SIGKILL) for replica in self.replicas))
        await self.kill_store()


class Model:
    """The ML service, a process that keeps its port over a kill."""

    def __init__(self) -> None:
        self.port = 0
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """It serves when this returns."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.chaos.ml", str(self.port), stdout=asyncio.subprocess.PIPE
        )
        assert self._process.stdout is not None
        self.port = int(await asyncio.wait_for(self._process.stdout.readline(), 30))

    async def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def running(
    home: Path, replicas: int, session_s: float = SESSION_SECONDS, tree: Path | None = None
) -> AsyncIterator[World]:
    """The system, with so many replicas of each stage, started and ready; they run the code in `tree`."""
    settings = EmbeddedSettings()
    async with AsyncExitStack() as stack:
        broker = EmbeddedKafka(
            home / "broker",
            cache_dir=settings.sluice_cache_dir,
            mirror=settings.maven_mirror,
            ports=free_ports(),
            anonymous=True,
        )
        await broker.start()
        stack.push_async_callback(broker.stop)
        store = await QdrantHttp.start(home / "store", log=home / "store.log")
        stack.push_async_callback(store.stop, signal.SIGKILL)
        model = Model()
        await model.start()
        stack.push_async_callback(model.kill)
        world = World(home, broker, store, model, session_s)
        stack.push_async_callback(world.end)
        for stage in STAGES:
            for number in range(replicas):
                replica = world.add(stage, f"r{number}")
                replica.tree = tree or replica.tree
                await replica.start()
        await world.ready()
        yield world


async def _answers(client: httpx.AsyncClient, gateway: str) -> bool:
    try:
        return (await client.get(f"{gateway}/readyz")).status_code == 200
    except httpx.HTTPError:
        return False
