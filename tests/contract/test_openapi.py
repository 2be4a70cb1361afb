"""Calls made up from the OpenAPI document, right ones and wrong ones: no 5xx, and errors as promised."""

import asyncio
import os
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ENDLESS = "/api/v1/ingest/events"
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
]  # fmt: skip
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "20"))
"""Calls of each operation, right ones and as many wrong ones."""
AWAY = 503
"""There is no ML service here: a search by a picture says so."""


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
async def test_whatever_is_sent_the_answer_is_one_that_is_documented(
    gateways: tuple[str, str], mode: GenerationMode
) -> None:
    failures = await asyncio.to_thread(fuzz, gateways[0], mode, EXAMPLES)

    assert not failures, "\n\n".join(failures)


def fuzz(base_url: str, mode: GenerationMode, examples: int) -> list[str]:
    """What went wrong, one text a call."""
    schema = schemathesis.openapi.from_url(f"{base_url}/openapi.json")
    operations: list[Any] = [cast("Ok[Any]", found).ok() for found in schema.get_all_operations()]
    failures: list[str] = []
    tried = sum(
        try_out(operation, base_url, mode, examples, failures)
        for operation in operations
        if operation.path != ENDLESS
    )
    assert tried > 25
    return failures


def try_out(operation: Any, base_url: str, mode: GenerationMode, examples: int, failures: list[str]) -> bool:
    """A number of calls of the operation; False where nothing of this kind can be sent to it."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    def once(case: Any) -> None:
        response = case.call(base_url=base_url, timeout=20)
        try:
            check(case, response)
        except (AssertionError, FailureGroup) as error:
            # Not raised: a call that changes something does not fail again the same way.
            failures.append(f"{operation.label}: {error}")

    try:
        once()
    except Unsatisfiable:
        return False
    return True


def check(case: Any, response: Any) -> None:
    """Fails where the answer is not one that the document promises."""
    if response.status_code >= 400:
        assert isinstance(response.json()["detail"], str)
    if response.status_code == AWAY:
        assert response.json()["code"] == "ml_unavailable"
    else:
        case.validate_response(response, checks=CHECKS)
