"""Clients that generators make of the OpenAPI documents, each going the main path on a running system."""

import json
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from services.gateway.api_docs.openapi_3_0 import as_3_0
from tests.documents.conftest import HERE, run
from tests.support import photos
from tests.support.system import system

PROGRAMS = HERE / "programs"
PYTHON_GENERATOR = "openapi-python-client==0.29.1"
EXPECTED = ["collection_exists", "completed", "3", "red.jpg", "1"]
"""The code of a refusal, the job's end, what it stored, what a search found, and groups of copies."""

pytestmark = [pytest.mark.slow, pytest.mark.clients, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with system(tmp_path_factory.mktemp("system") / "data") as running:
        yield running.base_url


@pytest.fixture
def arguments(gateway: str, tmp_path: Path) -> tuple[str, str, str]:
    """A gateway, a folder with a picture, its copy and another one, and a new collection's name."""
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "red.jpg").write_bytes(photos.jpeg())
    (folder / "copy.jpg").write_bytes(photos.jpeg())
    (folder / "other.png").write_bytes(photos.png(320, 200))
    return gateway, str(folder), f"made-{uuid4().hex[:8]}"


async def test_openapi_typescript(
    tools: Path, openapi: Path, tmp_path: Path, arguments: tuple[str, str, str]
) -> None:
    (tmp_path / "node_modules").symlink_to(tools.parent)
    made = ("--default-non-nullable=false", openapi, "-o", tmp_path / "made.ts")
    await run(tools / "openapi-typescript", *made)
    shutil.copy(PROGRAMS / "typescript" / "main.ts", tmp_path)
    modules = ("--module", "nodenext", "--moduleResolution", "nodenext")
    options = ("--strict", "--skipLibCheck", "--target", "es2022", *modules)
    await run(tools / "tsc", *options, "main.ts", cwd=tmp_path)
    assert (await run("node", tmp_path / "main.js", *arguments)).split() == EXPECTED


async def test_openapi_python_client_drops_no_call(
    openapi: Path, tmp_path: Path, arguments: tuple[str, str, str]
) -> None:
    await run(sys.executable, "-m", "venv", tmp_path / "venv")
    programs = tmp_path / "venv" / "bin"
    await run(programs / "pip", "install", "-q", PYTHON_GENERATOR)
    generate = ("generate", "--path", openapi, "--meta", "none", "--output-path", tmp_path / "made")
    assert "Unable to" not in await run(programs / "openapi-python-client", *generate)
    read = json.loads(openapi.read_text())
    calls = {each["operationId"] for path in read["paths"].values() for each in path.values()}
    made = [path for path in (tmp_path / "made" / "api").rglob("*.py") if path.name != "__init__.py"]
    assert len(made) == len(calls)
    shutil.copy(PROGRAMS / "python" / "main.py", tmp_path)
    assert (await run(programs / "python", tmp_path / "main.py", *arguments)).split() == EXPECTED


async def test_oapi_codegen(openapi: Path, tmp_path: Path, arguments: tuple[str, str, str]) -> None:
    go, made = shutil.which("go"), tmp_path / "made"
    if go is None:
        pytest.skip("Go is not installed")
    shutil.copytree(PROGRAMS / "go", made)
    (made / "openapi.json").write_text(json.dumps(as_3_0(json.loads(openapi.read_text()))))
    (made / "sluice").mkdir()
    options = ("-generate", "types,client", "-package", "sluice", "-o", "sluice/sluice.go")
    await run(go, "tool", "oapi-codegen", *options, "openapi.json", cwd=made)
    await run(go, "build", "-o", "program", ".", cwd=made)
    assert (await run(made / "program", *arguments)).split() == EXPECTED
