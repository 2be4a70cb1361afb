"""A running scanner, and the packages of Node.js that the clients need."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.common.store.edge import EdgeStore
from tests.support.broker import Broker
from tests.support.scanning import COLLECTION, Bench, bench

HERE = Path(__file__).parent
INSTALL_SECONDS = 300.0


@pytest.fixture(scope="session")
async def node_modules() -> Path:
    """The packages of package-lock.json, installed once."""
    npm, found = shutil.which("npm"), HERE / "node_modules"
    if npm is None:
        pytest.skip("Node.js is not installed")
    if not (found / ".package-lock.json").exists():
        install = await asyncio.create_subprocess_exec(
            npm,
            "ci",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            cwd=HERE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        assert await asyncio.wait_for(install.wait(), INSTALL_SECONDS) == 0
    return found


@pytest.fixture(scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EdgeStore]:
    store = EdgeStore(tmp_path_factory.mktemp("store"))
    await store.open()
    await store.create(COLLECTION, 4, "Cosine")
    yield store
    await store.close()


@pytest.fixture
async def world(kafka: Broker, prefix: str, store: EdgeStore) -> AsyncIterator[Bench]:
    async with bench(kafka, prefix, store) as made:
        yield made
