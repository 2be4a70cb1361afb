"""Sluice as separate processes, any number of each stage, over a broker that the benchmark starts."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from bench.system import System, answers, cpu_by_role, cpu_of, end, free_port
from libs.embedded.kafka import EmbeddedKafka
from libs.embedded.process import PID
from libs.embedded.settings import EmbeddedSettings

READY_SECONDS = 120.0


@dataclass(slots=True)
class Cluster:
    """The broker, what every process is told, and the processes by name. `module`s are of `python -m`."""

    home: Path
    broker: EmbeddedKafka
    environment: dict[str, str]
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    async def start(self, name: str, module: str, *arguments: str, **environment: str) -> int:
        """Start a process under a name that none of this cluster has; its pid. Its data lies below home."""
        own = {"INSTANCE": name, "DATA_DIR": str(self.home / name)}
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", module, *arguments),
                env={**os.environ, **self.environment, **own, **environment},
                stdout=log,
                stderr=log,
            )
        return self.processes[name].pid

    @asynccontextmanager
    async def gateway(
        self, name: str = "gateway", *, path: str = "/api/v1/services"
    ) -> AsyncIterator[System]:
        """A gateway that answers `path`; it runs on after the block."""
        port, begun = free_port(), time.perf_counter()
        await self.start(name, "services.gateway", PORT=str(port), HOST="127.0.0.1")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60.0) as http:
            await answers(http, path, self.processes[name], READY_SECONDS)
            yield System(self.processes[name], http, time.perf_counter() - begun)

    async def kill(self, name: str) -> None:
        """End a process as a power cut would."""
        process = self.processes.pop(name)
        process.kill()
        await process.wait()

    async def stop(self, name: str) -> None:
        """End a process as an orchestrator would."""
        await end(self.processes.pop(name), signal.SIGTERM)

    async def end(self) -> None:
        """End all of them, the last one first."""
        await asyncio.gather(*(end(process, signal.SIGTERM) for process in reversed(self.processes.values())))

    def cpu_by_role(self) -> dict[str, float]:
        """What decoders, broker and services have computed so far."""
        found = cpu_by_role(psutil.Process(self._broker_pid()))
        for process in self.processes.values():
            for role, seconds in cpu_by_role(psutil.Process(process.pid)).items():
                found[role] += seconds
        return found

    def cpu_seconds(self) -> dict[str, float]:
        """What each process, its children included, has computed so far; the broker is `Kafka`."""
        return {"Kafka": _computed(self._broker_pid())} | {
            name: _computed(process.pid) for name, process in self.processes.items()
        }

    def _broker_pid(self) -> int:
        return int((self.home / "broker" / "kafka" / PID).read_text())


@asynccontextmanager
async def cluster(home: Path, **environment: str) -> AsyncIterator[Cluster]:
    """A broker without a stage; all processes are ended with it."""
    settings = EmbeddedSettings()
    await asyncio.to_thread(home.mkdir, parents=True)
    async with AsyncExitStack() as stack:
        broker = EmbeddedKafka(
            home / "broker", cache_dir=settings.sluice_cache_dir, mirror=settings.maven_mirror, anonymous=True
        )
        await stack.enter_async_context(broker)
        servers = {"KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers, "UPLOAD_DIR": str(home / "uploads")}
        found = Cluster(home, broker, servers | environment)
        stack.push_async_callback(found.end)
        yield found


async def ready(system: System, **stages: int) -> None:
    """Return once the gateway has heard that so many instances of each stage are ready."""
    async with asyncio.timeout(READY_SECONDS):
        while True:
            reported = (await system.http.get("/api/v1/services")).raise_for_status().json()
            found = [each["stage"] for each in reported if each["state"] == "ready"]
            if all(found.count(stage) >= count for stage, count in stages.items()):
                return
            await asyncio.sleep(0.2)


def peak_mb(pid: int) -> float:
    """The most that a process has ever had in memory (resident set size), as the kernel has kept count."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1000


def _computed(pid: int) -> float:
    root = psutil.Process(pid)
    return sum(map(cpu_of, (root, *root.children(recursive=True))))
