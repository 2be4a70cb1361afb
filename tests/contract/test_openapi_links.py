"""Walks through the OpenAPI document along its links: an answer's ids go into the next call."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis import GenerationMode
from schemathesis.config import GenerationConfig
from schemathesis.generation.stateful.state_machine import APIStateMachine

from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Point
from services.gateway.app import build
from tests.contract.test_openapi import ENDLESS, check
from tests.support.broker import Broker
from tests.support.gateway import gateway_settings
from tests.support.serving import running
from tests.support.system import free_port, new_collection, submit

pytestmark = pytest.mark.slow

WALKS, STEPS = 3, 12
MORE_WALKS = int(os.environ.get("FUZZ_WALKS", "100"))

MODES = [pytest.param(GenerationMode.POSITIVE, id="right"), pytest.param(GenerationMode.NEGATIVE, id="wrong")]


@pytest.fixture(scope="module")
async def alone(kafka: Broker, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The base URL of a gateway that nothing runs next to, with a collection, a point and a job."""
    home = tmp_path_factory.mktemp("alone")
    prefix, port = f"t{uuid4().hex[:10]}-", free_port()
    made = gateway_settings(
        kafka.bootstrap_servers,
        prefix,
        home / "one",
        port=port,
        ml_inference_service_url="http://127.0.0.1:1",
    )
    store = EdgeStore(home / "store")
    base_url = f"http://127.0.0.1:{port}"
    async with running(build(made, store)):
        name = await furnish(base_url, home)
        await store.upsert(name, [Point(str(uuid4()), [1.0] + [0.0] * 511, {"filename": "a.jpg"})])
        yield base_url
    await store.close()


async def furnish(base_url: str, folder: Path) -> str:
    """What made-up names never meet: a collection that is selected, whose name it is, and a job."""
    name = f"c{uuid4().hex[:8]}"
    async with httpx.AsyncClient(base_url=base_url) as client:
        await new_collection(client, name)
        await submit(client, folder)
    return name


@pytest.mark.parametrize("mode", MODES)
async def test_a_few_walks_meet_only_what_is_documented(alone: str, mode: GenerationMode) -> None:
    walked = await asyncio.to_thread(walk, alone, mode, WALKS, STEPS)

    assert len(walked) > 10, walked


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("mode", MODES)
async def test_many_walks_meet_only_what_is_documented(
    gateways: tuple[str, str], mode: GenerationMode, tmp_path: Path
) -> None:
    await furnish(gateways[0], tmp_path)

    walked = await asyncio.to_thread(walk, gateways[0], mode, MORE_WALKS, 20)

    assert len(walked) > 25, walked


def walk(base_url: str, mode: GenerationMode, walks: int, steps: int) -> Counter[str]:
    """Calls made, by operation; fails at the first answer that is not one of the documented."""
    schema = schemathesis.openapi.from_url(f"{base_url}/openapi.json").exclude(path=ENDLESS)
    # Right ids in wrong requests, so that what is wrong is not only the id.
    schema.config.phases.stateful.generation = GenerationConfig(modes=[mode])
    machine: type[APIStateMachine] = schema.as_state_machine()
    walked: Counter[str] = Counter()

    class Walk(machine):  # type: ignore[valid-type, misc]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            assert case
            return {"timeout": 20}

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            walked[case.operation.label] += 1
            check(case, response)

    for number in range(0, walks, WALKS):
        # A gateway remembers, so the same calls may lead elsewhere the next time: no failure of it.
        with suppress(FlakyStrategyDefinition):
            seed(number)(Walk).run(settings=_settings(steps))
    return walked


def _settings(steps: int) -> settings:
    return settings(
        max_examples=WALKS, stateful_step_count=steps, deadline=None, database=None,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
