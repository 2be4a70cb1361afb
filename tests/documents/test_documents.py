"""The OpenAPI and AsyncAPI documents and the JSON Schemas, as the tools of others read them."""

import asyncio
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from libs.common.kafka.connection import Connection
from libs.common.settings import StageSettings
from scripts.schemas import FOLDER
from services.gateway.api_docs.asyncapi import document
from services.gateway.app import create_app
from tests.unit.scripts.test_strict_schemas import BAD, GOOD

HERE = Path(__file__).parent
SECONDS = 300.0
GENERATOR = "openapi-python-client==0.29.1"

pytestmark = [pytest.mark.slow, pytest.mark.clients, pytest.mark.timeout(900)]


async def run(*command: str | Path, cwd: Path = HERE, given: bytes | None = None) -> str:
    process = await asyncio.create_subprocess_exec(
        *map(str, command), cwd=cwd, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        message, _ = await asyncio.wait_for(process.communicate(given), SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, message.decode()[-3000:]
    return message.decode()


@pytest.fixture(scope="session")
async def tools() -> Path:
    """The programs of package-lock.json, installed once."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("Node.js is not installed")
    if not (HERE / "node_modules" / ".package-lock.json").exists():
        await run(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    return HERE / "node_modules" / ".bin"


@pytest.fixture(scope="module")
def openapi(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("openapi") / "openapi.json"
    written.write_text(json.dumps(create_app().openapi()))
    return written


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
    shutil.copy(HERE / "typescript.ts", tmp_path / "program.ts")
    await run(tools / "tsc", "--strict", "--noEmit", "--target", "es2022", "program.ts", cwd=tmp_path)


async def test_the_python_generator_drops_no_call(openapi: Path, tmp_path: Path) -> None:
    await run(sys.executable, "-m", "venv", tmp_path / "venv")
    await run(tmp_path / "venv" / "bin" / "pip", "install", "-q", GENERATOR)
    generate = tmp_path / "venv" / "bin" / "openapi-python-client"
    message = await run(
        generate, "generate", "--path", openapi, "--meta", "none", "--output-path", tmp_path / "made"
    )
    assert "Unable to" not in message
    read = json.loads(openapi.read_text())
    calls = {each["operationId"] for path in read["paths"].values() for each in path.values()}
    made = [path for path in (tmp_path / "made" / "api").rglob("*.py") if path.name != "__init__.py"]
    assert len(made) == len(calls)


async def test_the_parser_of_asyncapi_finds_nothing(tools: Path, tmp_path: Path) -> None:
    assert tools.exists()
    spec = document(Connection.of(StageSettings(), "gateway"))
    (tmp_path / "asyncapi.json").write_text(json.dumps(spec))
    assert await run("node", HERE / "asyncapi.js", tmp_path / "asyncapi.json") == ""
