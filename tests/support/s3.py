"""A real S3 server, moto's, as a process; and one that takes connections and never answers."""

import asyncio
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast
from uuid import uuid4

import httpx
from obstore.store import S3Store

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "a-secret-of-tests", "AWS_REGION": "us-east-1"}
READY_SECONDS = 120


@dataclass(frozen=True)
class S3:
    """The running server."""

    endpoint: str
    process: "subprocess.Popen[bytes]"

    def filled(self, count: int) -> "Bucket":
        """A new bucket of so many objects of a byte each, named like photos."""
        name = f"b{uuid4().hex[:10]}"
        assert self.process.stdin is not None
        self.process.stdin.write(f"{name} {count}\n".encode())
        self.process.stdin.flush()
        _line(self.process, "filled")
        return Bucket(name, self.endpoint)

    def bucket(self, name: str | None = None) -> "Bucket":
        """A new bucket; without a name one that no other test uses."""
        name = name or f"b{uuid4().hex[:10]}"
        httpx.put(f"{self.endpoint}/{name}", timeout=30).raise_for_status()
        return Bucket(name, self.endpoint)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """While the block lasts, keys are checked, and it knows none."""
        try:
            self._check_after("0")
            yield
        finally:
            self._check_after("inf")

    def _check_after(self, calls: str) -> None:
        httpx.post(f"{self.endpoint}/moto-api/reset-auth", content=calls, timeout=30).raise_for_status()


@dataclass(frozen=True)
class Bucket:
    """A bucket, with what tests do to it."""

    name: str
    endpoint: str

    @property
    def uri(self) -> str:
        return f"s3://{self.name}"

    @property
    def store(self) -> S3Store:
        return S3Store(
            self.name,
            endpoint=self.endpoint,
            region="us-east-1",
            access_key_id="test",
            secret_access_key="test",
            client_options={"allow_http": True, "timeout": timedelta(seconds=60)},
        )

    def put(self, files: Mapping[str, bytes]) -> None:
        """Objects by their keys."""
        store = self.store
        for key, data in files.items():
            store.put(key, data)

    def put_raw(self, key: str, data: bytes = b"x") -> None:
        """An object of any key, also of one that obstore does not write."""
        httpx.put(f"{self.endpoint}/{self.name}/{key}", content=data, timeout=30).raise_for_status()

    def drop(self) -> None:
        """The bucket is gone."""
        store = self.store
        for page in store.list():
            store.delete([str(meta["path"]) for meta in page])
        httpx.delete(f"{self.endpoint}/{self.name}", timeout=30).raise_for_status()


@contextmanager
def running_s3() -> Iterator[S3]:
    """The server, for as long as the block lasts."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.s3_server", str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **KEYS},
    ) as server:
        try:
            _line(server, "ready")
            yield S3(f"http://127.0.0.1:{port}", server)
        finally:
            server.kill()


@asynccontextmanager
async def silent_server() -> AsyncIterator[str]:
    """The address of a server that takes connections and never answers."""
    held: list[asyncio.StreamWriter] = []

    async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in held:
            writer.transport.abort()


@dataclass
class Gate:
    """What stands between a client and a server: requests with `hang` in their path wait until it opens."""

    server: str
    url: str = ""
    held: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    _passing: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def closed(self) -> AsyncIterator["Gate"]:
        """Closed until `opened` is set."""
        listening = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            self.opened.set()
            listening.close()
            for task in self._passing:
                task.cancel()
            await asyncio.gather(*self._passing, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection, and its answer."""
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)
        to: asyncio.StreamWriter | None = None
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if b"hang" in head.partition(b"\r\n")[0] and not self.opened.is_set():
                self.held += 1
                await self.opened.wait()
                return
            host, port = self.server.removeprefix("http://").split(":")
            behind, to = await asyncio.open_connection(host, int(port))
            to.write(head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            while data := await behind.read(1 << 16):
                writer.write(data)
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            for each in (writer, to):
                if each is not None:
                    each.close()


def _line(server: "subprocess.Popen[bytes]", expected: str) -> None:
    """Wait for a line that the server writes, between others of its library."""
    until = time.monotonic() + READY_SECONDS
    assert server.stdout is not None
    while select.select([server.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
        line = server.stdout.readline()
        if line.strip() == expected.encode():
            return
        if not line:
            break
    raise TimeoutError(f"the S3 server did not say {expected}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
