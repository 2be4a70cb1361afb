"""What contract tests talk to: the whole system as a process, and two gateways side by side."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.support import photos
from tests.support.broker import Broker, shared_kafka
from tests.support.gateway_process import gateway_process
from tests.support.qdrant import qdrant_http
from tests.support.system import system

__all__ = ["shared_kafka"]

FRONTEND = "http://localhost:3000"


@dataclass(frozen=True)
class Contract:
    """The system, a client that calls it as the frontend does, and a folder that both have photos in."""

    base_url: str
    browser: httpx.AsyncClient
    home: Path

    @property
    def photos(self) -> Path:
        """Two photos of the same content, another one, and a file that is none."""
        return self.home / "Users" / "YourUser" / "Pictures" / "MyVacation"


@pytest.fixture(scope="module")
async def contract(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Contract]:
    """The system, up; C:/ of its clients is a folder here."""
    home = tmp_path_factory.mktemp("contract")
    async with (
        system(home / "data", PATH_MAP=f"C:/={home}/") as running,
        httpx.AsyncClient(base_url=running.base_url, headers={"origin": FRONTEND}, timeout=10) as browser,
    ):
        made = Contract(running.base_url, browser, home)
        made.photos.mkdir(parents=True)
        (made.photos / "image1.jpg").write_bytes(photos.jpeg())
        (made.photos / "image1 copy.jpg").write_bytes(photos.jpeg())
        (made.photos / "image2.png").write_bytes(photos.png(320, 200))
        (made.photos / "unsupported.txt").write_text("no photo")
        yield made


@pytest.fixture(scope="package")
async def gateways(kafka: Broker, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[str, str]]:
    """Base URLs of two gateways side by side, and nothing else: what is asked of them is done by no one."""
    home = tmp_path_factory.mktemp("gateways")
    prefix = f"t{uuid4().hex[:10]}-"
    async with (
        qdrant_http(home / "qdrant") as store,
        gateway_process(kafka.bootstrap_servers, prefix, store.port, home / "one") as one,
        gateway_process(kafka.bootstrap_servers, prefix, store.port, home / "two") as two,
    ):
        yield one.url, two.url
