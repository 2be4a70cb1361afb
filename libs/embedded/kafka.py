"""A real Apache Kafka broker, embedded: what runs when no KAFKA_BOOTSTRAP_SERVERS is set."""

import asyncio
import logging
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from libs.common.errors import Code, SluiceError
from libs.common.runtime.lock import DirLock
from libs.embedded import access, config, jars, jvm, orphan, ready
from libs.embedded.access import Access
from libs.embedded.config import Ports
from libs.embedded.ports import choose
from libs.embedded.process import GuardedProcess
from libs.embedded.settings import user_cache_dir

_FORMAT_SECONDS = 60.0
_START_SECONDS = 60.0
_TRIES = 3
_WATCH_SECONDS = 0.5
_log = logging.getLogger(__name__)


class EmbeddedKafka:
    """One broker for this process: on loopback, its data in `data_dir`/kafka, ended with the process.

    It is quick to start and keeps what it acknowledged through a kill of any process. Only one process at
    a time can use a data directory.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        cache_dir: Path | None = None,
        mirror: str | None = None,
        grace: float = 15.0,
        startup: Sequence[str] | None = None,
        ports: Ports | int | None = None,
        anonymous: bool = False,
    ) -> None:
        """Nothing happens before `start`.

        `cache_dir` keeps the downloaded jars (None: the user's cache), `mirror` is the Maven repository to
        take them from. Times are in seconds. `startup` replaces the JVM options that use the start-up cache.
        `ports` are used at every start; a number is the port for clients alone (None: the one of the last
        start if it is free, else any).
        `anonymous` lets every process of this machine in, without the secret.
        """
        self._directory = data_dir.absolute() / "kafka"
        self._cache_dir = cache_dir or user_cache_dir()
        self._mirror = mirror
        self._grace = grace
        self._startup = startup
        self._wanted_ports = ports
        self._jars: Sequence[Path] = ()
        self._lock = DirLock(self._directory)
        self._process: GuardedProcess | None = None
        self._anonymous = anonymous
        self._access: Access | None = None

    @property
    def bootstrap_servers(self) -> str:
        """Where clients connect, host:port. Only between `start` and `stop`."""
        return self.access.bootstrap_servers

    @property
    def access(self) -> Access:
        """What a client needs to be let in. Only between `start` and `stop`."""
        if self._access is None:
            raise RuntimeError("the broker has not been started")
        return self._access

    async def start(self) -> None:
        """Start the broker and return once it answers.

        The first start on a machine downloads it, the first on a data directory formats that. Raises
        SluiceError data_dir_busy, download_failed, or broker_unavailable with the broker's last words.
        """
        await asyncio.to_thread(self._lock.acquire)
        try:
            await self._start()
        except BaseException:
            await asyncio.shield(self.stop())
            raise

    async def stop(self) -> None:
        """Stop the broker, within `grace` seconds, and free the data directory. May be called twice."""
        process, self._process = self._process, None
        if process is not None:
            await asyncio.to_thread(process.stop)
        self._access = None
        self._lock.release()

    async def watch(self) -> None:
        """Return never; raises SluiceError broker_unavailable if the broker ends without having been told."""
        while self._process is None or self._process.ended is None:  # noqa: ASYNC110 (another process)
            await asyncio.sleep(_WATCH_SECONDS)
        raise self._failed("ended by itself")

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _start(self) -> None:
        began = time.monotonic()
        if pid := await asyncio.to_thread(orphan.end, self._directory):
            _log.warning("ended the broker that an earlier run left behind (pid %d)", pid)
        self._jars = await asyncio.to_thread(jars.obtain, self._cache_dir, self._mirror)
        if not config.is_formatted(self._directory):
            await self._format()
        for tries_left in reversed(range(_TRIES)):
            if await self._answers(last=not tries_left):
                break
        took = time.monotonic() - began
        _log.info(
            "Apache Kafka %s ready after %.1f s at %s", jars.KAFKA_VERSION, took, self.bootstrap_servers
        )

    async def _format(self) -> None:
        config.write(self._directory, Ports(clients=9092, controller=9093))
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "_")
        process = self._launch(
            ["kafka.tools.StorageTool", "format", "-t", cluster, "-c", config.PROPERTIES],
            jvm.fast_start(self._cache_dir, self._jars),
        )
        if await asyncio.to_thread(process.wait, _FORMAT_SECONDS) != 0:
            raise self._failed("could not format its storage")
        process.stop()

    async def _answers(self, *, last: bool) -> bool:
        """Start it on free ports; False if one of them was taken meanwhile and it may be tried again."""
        chosen = await asyncio.to_thread(choose, self._directory, self._wanted_ports)
        self._access = self._open_to(chosen)
        startup = jvm.fast_start(self._cache_dir, self._jars) if self._startup is None else self._startup
        process = self._launch(["kafka.Kafka", config.PROPERTIES], startup)
        try:
            async with asyncio.timeout(_START_SECONDS):
                answers = await ready.wait(self._access, process)
        except TimeoutError:
            raise self._failed(f"did not answer within {_START_SECONDS:.0f} s") from None
        if answers:
            return True
        process.stop()
        if last or not ready.port_was_taken(self._directory):
            raise self._failed("ended while starting")
        return False

    def _open_to(self, ports: Ports) -> Access:
        """Write what the broker and its clients read for this start."""
        servers = f"127.0.0.1:{ports.clients}"
        made = Access(servers) if self._anonymous else access.made(servers)
        config.write(self._directory, ports.with_properties(access.broker_properties(made)))
        access.write(self._directory, made)
        return made

    def _launch(self, main: Sequence[str], startup: Sequence[str]) -> GuardedProcess:
        # Known to `stop` before anything can be cancelled.
        self._process = GuardedProcess(
            self._directory, jvm.command(self._jars, self._directory, main, startup), self._grace
        )
        return self._process

    def _failed(self, what: str) -> SluiceError:
        words = ready.last_words(self._directory)
        return SluiceError(
            Code.BROKER_UNAVAILABLE, f"the embedded broker {what}: {words} (see {self._directory})"
        )
