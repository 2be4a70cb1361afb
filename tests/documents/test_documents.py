"""The OpenAPI and AsyncAPI documents and the JSON Schemas, as the tools of others read them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from libs.common.kafka.connection import Connection
from libs.common.settings import StageSettings
from scripts.schemas import FOLDER
from services.gateway.api_docs.asyncapi import document
from tests.documents.conftest import HERE, run
from tests.unit.scripts.test_strict_schemas import BAD, GOOD

pytestmark = [pytest.mark.slow, pytest.mark.clients, pytest.mark.timeout(900)]


async def test_ajv_compiles_the_schemas_as_it_comes_and_strictly_and_tells_requests_apart(
    tools: Path,
) -> None:
    cases: list[dict[str, Any]] = [*GOOD, *BAD]
    message = await run("node", HERE / "schemas.js", FOLDER, given=json.dumps(cases).encode())
    assert tools.exists()
    assert json.loads(message.splitlines()[-1]) == [case in GOOD for case in cases]


async def test_redocly_finds_nothing(tools: Path, openapi: Path) -> None:
    await run(tools / "redocly", "lint", "--config", HERE / "redocly.yaml", openapi)


async def test_a_program_in_typescript_compiles_against_the_types_that_are_made(
    tools: Path, openapi: Path, tmp_path: Path
) -> None:
    await run(tools / "openapi-typescript", openapi, "-o", tmp_path / "made.ts")
    shutil.copy(HERE / "programs" / "typescript" / "types.ts", tmp_path / "program.ts")
    await run(tools / "tsc", "--strict", "--noEmit", "--target", "es2022", "program.ts", cwd=tmp_path)


async def test_the_parser_of_asyncapi_finds_nothing(tools: Path, tmp_path: Path) -> None:
    assert tools.exists()
    spec = document(Connection.of(StageSettings(), "gateway"))
    (tmp_path / "asyncapi.json").write_text(json.dumps(spec))
    assert await run("node", HERE / "asyncapi.js", tmp_path / "asyncapi.json") == ""
