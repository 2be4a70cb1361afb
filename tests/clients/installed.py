"""The programs in other languages that the tests run, built from what is installed here."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from libs.embedded.jars import obtain
from libs.embedded.settings import EmbeddedSettings, user_cache_dir
from tests.support.waiting import LIMIT_S

HERE = Path(__file__).parent
INSTALL_SECONDS = 300.0
BUILD_SECONDS = 900.0
"""The first build compiles Go's own library too."""


async def run(*command: str, limit_s: float = LIMIT_S, **environment: str) -> str:
    """What a command says on standard output; fails where it does."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env=os.environ | environment
    )
    try:
        message, _ = await asyncio.wait_for(process.communicate(), limit_s)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0
    return message.decode().strip()


async def node_packages() -> Path:
    """The packages of package-lock.json, installed once."""
    npm, found = shutil.which("npm"), HERE / "node_modules"
    if npm is None:
        pytest.skip("Node.js is not installed")
    if not (found / ".package-lock.json").exists():
        options = ("--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(HERE))
        await run(npm, "ci", *options, limit_s=INSTALL_SECONDS)
    return found


async def go_program(source: str, home: Path) -> str:
    """A program of one Go file over franz-go, built in `home`."""
    go, program = shutil.which("go"), home / "program"
    if go is None:
        pytest.skip("Go is not installed")
    shutil.copytree(HERE / "go", home / "go")
    (home / "go" / "main.go").write_text(source)
    await run(go, "build", "-C", str(home / "go"), "-o", str(program), ".", limit_s=BUILD_SECONDS)
    return str(program)


async def java_command(script: Path) -> tuple[str, ...]:
    """What runs a Java file with Kafka's own client, by the jars that the embedded broker runs on."""
    javac = shutil.which("javac")
    if javac is None:
        pytest.skip("no JDK is installed")
    settings = EmbeddedSettings()
    cache = settings.sluice_cache_dir or user_cache_dir()
    jars = await asyncio.to_thread(obtain, cache, settings.maven_mirror)
    java = str(Path(javac).with_name("java"))
    return (java, "-Dlog4j2.level=OFF", "-cp", ":".join(map(str, jars)), str(script))
