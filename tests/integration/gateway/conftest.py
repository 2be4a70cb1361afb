"""A pair of gateways over one store: one pair a file; each test makes collections and jobs of its own."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from libs.common.control import ListedRoot
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import fact
from libs.common.kafka.publisher import Publisher
from libs.common.points.field import Index
from libs.common.points.fields import INDEXES
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Store
from services.gateway.settings import GatewaySettings
from tests.support.broker import Broker
from tests.support.gateway import gateway_settings, running_gateway


@pytest.fixture(scope="module")
def prefix() -> str:
    """The topics of one file of tests."""
    return f"t{uuid4().hex[:10]}-"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where everything of one file of tests is kept."""
    return tmp_path_factory.mktemp("gateways")


@pytest.fixture(scope="module")
def indexes() -> Mapping[str, Index]:
    """What collections have indexes of; making all of them takes most of the time of most tests."""
    return {field: INDEXES[field] for field in ("file_hash", "full_path", "search_text", "stack", "folders")}


@pytest.fixture(scope="module")
async def store(data: Path, indexes: Mapping[str, Index]) -> AsyncIterator[Store]:
    """The store that both gateways read."""
    edge = EdgeStore(data / "store", indexes=indexes)
    yield edge
    await edge.close()


@pytest.fixture(scope="module")
def options() -> dict[str, Any]:
    """Settings that a file of tests wants to be other than the defaults."""
    return {}


@pytest.fixture(scope="module")
def second_options() -> dict[str, Any]:
    """In what the second gateway differs from the first."""
    return {}


@pytest.fixture(scope="module")
def settings(kafka: Broker, prefix: str, data: Path, options: dict[str, Any]) -> GatewaySettings:
    """The first gateway's."""
    return gateway_settings(kafka.bootstrap_servers, prefix, data / "one", **options)


@pytest.fixture(scope="module")
async def gateway(
    settings: GatewaySettings, store: Store, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the first gateway, where an earlier job has listed the folder of all tests."""
    async with running_gateway(settings, store) as client:
        async with Publisher.open(Connection.of(settings, "test")) as publisher:
            listed = ListedRoot(path=bytes(tmp_path_factory.getbasetemp().resolve()))
            await publisher.publish([fact(listed)])
        yield client


@pytest.fixture(scope="module")
async def second(
    gateway: httpx.AsyncClient,
    settings: GatewaySettings,
    store: Store,
    data: Path,
    second_options: dict[str, Any],
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of another gateway, started after the first."""
    assert gateway
    own = {"data_dir": data / "two", "upload_dir": data / "two" / "uploads", "instance": "two"}
    async with running_gateway(settings.model_copy(update=own | second_options), store) as client:
        yield client


@pytest.fixture
async def publisher(settings: GatewaySettings) -> AsyncIterator[Publisher]:
    """What the stages would write."""
    async with Publisher.open(Connection.of(settings, "test")) as publisher:
        yield publisher
