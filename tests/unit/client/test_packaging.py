"""The light distribution: what is in it, and that one that is installed alone starts."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import sluice
from libs.common.runtime.release import release
from scripts import sync_client
from tests.support.light import installed, other_pythons, run

ROOT = Path(__file__).parents[3]
LIGHT = tomllib.loads((ROOT / "sluice" / "pyproject.toml").read_text())
SERVICES = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_synchronous_client_is_that_of_the_asynchronous_one() -> None:
    assert sync_client.main(check=True) == 0


def test_services_and_clients_are_of_one_release() -> None:
    versions = {LIGHT["project"]["version"], SERVICES["project"]["version"], sluice.__version__, release()}
    assert len(versions) == 1


def test_every_package_of_the_client_is_in_its_distribution() -> None:
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "sluice").rglob("__init__.py")}
    assert set(LIGHT["tool"]["setuptools"]["packages"]) == {".".join(folder.parts) for folder in folders}


def test_what_is_installed_by_people_brings_neither_kafka_nor_pillow() -> None:
    needed = {dependency.split(">")[0] for dependency in LIGHT["project"]["dependencies"]}
    assert needed == {"httpx", "msgspec", "typer", "rich"}


def test_only_the_light_distribution_has_the_command() -> None:
    assert LIGHT["project"]["scripts"] == {"sluice": "sluice.cli.main:main"}
    assert "scripts" not in SERVICES["project"]
    assert "Private :: Do Not Upload" in SERVICES["project"]["classifiers"]


def test_the_error_codes_are_had_without_an_http_client() -> None:
    script = (
        "import sys, sluice.errors; print([name for name in ('httpx', 'msgspec') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.fixture(scope="module")
async def light(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return await installed(tmp_path_factory.mktemp("light"))


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_the_wheel_alone_brings_the_whole_command(light: Path) -> None:
    assert "Usage: sluice" in await run(light / "sluice", "--help")
    assert "Usage: sluice" in await run(light / "sluice", "duplicates")
    assert await run(light / "sluice", "--version") == f"sluice {sluice.__version__}\n"
    installed = await run(light / "pip", "list", "--format=freeze")
    assert not {"aiokafka", "pillow", "numpy", "fastapi"} & {
        row.split("=")[0].lower() for row in installed.split()
    }


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("python", other_pythons(), ids=lambda python: Path(python).name)
async def test_later_pythons_run_it_in_an_environment_of_their_own(python: str, tmp_path: Path) -> None:
    light = await installed(tmp_path, python)
    assert await run(light / "sluice", "--version") == f"sluice {sluice.__version__}\n"
    said = await run(light / "python", "-c", "import sluice; print(sluice.AsyncClient, sluice.Client)")
    assert "AsyncClient" in said
    # What it says where no gateway answers takes the HTTP client, the tables and the error codes.
    assert "does not answer" in await run(light / "sluice", "jobs", status=4, SLUICE_URL="http://127.0.0.1:1")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("command", [["run"], ["demo", "/photos"], ["doctor"], ["topics"], ["dlq", "list"]])
async def test_what_needs_the_services_says_where_they_are_and_starts_nothing(
    light: Path, command: list[str]
) -> None:
    message = await run(light / "sluice", *command, status=1)
    assert message.startswith("sluice: this needs the services, which are not part of this installation")
    assert message.count("\n") == 1


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_hints_fit_how_it_was_installed(light: Path) -> None:
    message = await run(light / "sluice", "jobs", status=4, SLUICE_URL="http://127.0.0.1:1")
    assert "does not answer" in message
    assert "SLUICE_URL" in message
    assert "sluice run" not in message
