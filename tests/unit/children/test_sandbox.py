"""A child that handles what strangers made can reach nothing but what it is handed."""

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.common.children import landlock
from libs.common.children.child import Child
from libs.common.children.launching import Program, environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these")
needs_landlock = pytest.mark.skipif(not landlock.version(), reason="a kernel without Landlock")


@pytest.fixture
async def child(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Child]:
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", "a secret")
    child = await Child.start(Program("tests.unit.children.prisoner"))
    yield child
    await child.kill()


async def tried(child: Child, what: str, argument: object = "") -> str:
    return (await child.ask(f"{what} {argument}".encode())).decode()


@pytest.mark.parametrize("kind", ["socket", "udp", "unix"])
async def test_it_has_no_network(child: Child, kind: str) -> None:
    assert await tried(child, kind) == "PermissionError"


async def test_it_runs_no_program(child: Child) -> None:
    assert await tried(child, "run", "/bin/true") == "PermissionError"


async def test_it_can_gain_no_privileges(child: Child) -> None:
    assert await tried(child, "privileges") == "ZeroDivisionError"


async def test_it_sees_nothing_of_the_environment_but_what_it_needs(child: Child) -> None:
    assert await tried(child, "environment", "KAFKA_SASL_PASSWORD") == "KeyError"
    assert await tried(child, "environment", "PATH") == "done"
    assert environment().keys() <= {
        "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "RUST_LOG", "PYTHONPATH",
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
    }  # fmt: skip


@needs_landlock
async def test_it_opens_no_file_and_changes_none(child: Child, tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.write_text("mine")

    for what in ("read", "write", "truncate", "remove"):
        assert await tried(child, what, private) == "PermissionError", what
    assert await tried(child, "list", tmp_path) == "PermissionError"
    assert await tried(child, "link", tmp_path / "link") == "PermissionError"
    assert await tried(child, "read", "/etc/passwd") == "PermissionError"
    assert await tried(child, "read", f"/proc/{os.getpid()}/environ") == "PermissionError"
    assert private.read_text() == "mine"


@needs_landlock
async def test_modules_can_be_loaded_later(child: Child) -> None:
    assert await tried(child, "import", "rawpy") == "done"


@pytest.mark.skipif(landlock.version() < 6, reason="a kernel whose Landlock knows no signals")
async def test_it_signals_no_other_process(child: Child) -> None:
    assert await tried(child, "signal", os.getpid()) == "PermissionError"


async def test_it_reads_the_descriptor_that_it_is_handed(child: Child, tmp_path: Path) -> None:
    (tmp_path / "photo").write_bytes(b"a photo")
    descriptor = os.open(tmp_path / "photo", os.O_RDONLY)
    try:
        assert await child.ask(b"descriptor", (descriptor,)) == b"a photo"
    finally:
        os.close(descriptor)
