"""A stage is a folder of services/, and each that keeps a list of stages knows of each."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from libs.common import stages
from scripts.settings_table import READERS
from tests.unit.deploy.described import STAGES

ROOT = Path(__file__).parents[2]
FOLDERS = {path.parent.name for path in (ROOT / "services").glob("*/__main__.py")}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_there_are_stages() -> None:
    assert len(FOLDERS) >= 6


def test_none_imports_another(project: dict[str, Any]) -> None:
    contracts = project["tool"]["importlinter"]["contracts"]
    (rule,) = [each for each in contracts if each["type"] == "independence"]
    assert set(rule["modules"]) == {f"services.{name}" for name in FOLDERS}


def test_each_is_an_extra_that_is_pinned(project: dict[str, Any]) -> None:
    extras = project["project"]["optional-dependencies"]
    (pinned,) = re.findall(r"^EXTRAS := (.*)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert extras.keys() >= FOLDERS
    assert set(pinned.split()) >= FOLDERS
    assert all((ROOT / "requirements" / f"{name}.txt").is_file() for name in FOLDERS)
    (everything,) = extras["all"]
    assert set(re.findall(r"\w+", everything)) >= FOLDERS


def test_each_has_its_settings_on_the_page_and_is_deployed() -> None:
    assert READERS.keys() >= FOLDERS
    assert set(STAGES) == FOLDERS


def test_each_has_its_turn_when_all_in_one_process_stop() -> None:
    assert set(stages.services()) == FOLDERS
