"""The tools that read the documents, and the documents."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from tests.support.openapi import DOCUMENT

HERE = Path(__file__).parent
SECONDS = 600.0
"""The first build compiles Go's own library too."""


async def run(*command: str | Path, cwd: Path = HERE, given: bytes | None = None) -> str:
    """What the command says; fails where it does."""
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
    if not (HERE / "node_modules" / "openapi-fetch").exists():
        await run(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    return HERE / "node_modules" / ".bin"


@pytest.fixture(scope="session")
def openapi(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The OpenAPI document, as a file."""
    written = tmp_path_factory.mktemp("openapi") / "openapi.json"
    written.write_text(json.dumps(DOCUMENT))
    return written
