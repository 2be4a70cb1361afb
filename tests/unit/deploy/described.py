"""The deployment files, parsed, next to what the code knows."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic_settings import BaseSettings

from libs.common import stages
from scripts.settings_table import READERS

ROOT = Path(__file__).resolve().parents[3]
MANIFESTS = ROOT / "deploy" / "kubernetes" / "base"
STAGES = stages.services()
WITH_PHOTOS = ("scanner", "processor", "gateway")
OVER_HTTP = frozenset(("ml", "dashboard"))
"""Stages that know neither Kafka nor DATA_DIR."""
PORT = 8080
"""Where every container listens."""


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Dockerfile, its continued lines joined."""

    word: str
    rest: str


def dockerfile() -> list[Instruction]:
    """The Dockerfile's instructions."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    split = [line.partition(" ") for line in joined.splitlines() if line.strip()]
    return [Instruction(word, rest.strip()) for word, _, rest in split]


def rests(word: str) -> list[str]:
    """What stands behind this word, each time it does."""
    return [each.rest for each in dockerfile() if each.word == word]


def image_environment() -> dict[str, str]:
    """What the image itself sets, without what concerns Python alone."""
    last = [number for number, each in enumerate(dockerfile()) if each.word == "FROM"][-1]
    pairs = [each.rest.split() for each in dockerfile()[last:] if each.word == "ENV"]
    found = dict(pair.split("=", 1) for line in pairs for pair in line)
    return {name: value for name, value in found.items() if name != "PATH" and not name.startswith("PYTHON")}


def compose() -> dict[str, Any]:
    """docker-compose.yml."""
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text()))


def manifests() -> list[dict[str, Any]]:
    """Every object that kustomize is told of."""
    listed = kustomization()["resources"]
    return [doc for name in listed for doc in yaml.safe_load_all((MANIFESTS / name).read_text()) if doc]


def kustomization() -> dict[str, Any]:
    """kustomization.yaml."""
    return dict(yaml.safe_load((MANIFESTS / "kustomization.yaml").read_text()))


def settings_of(stage: str) -> type[BaseSettings]:
    """The class that the stage reads its environment with."""
    (settings,) = READERS[stage]
    return settings


def known_to(stage: str) -> set[str]:
    """The names in the environment that the stage reads."""
    return {name.upper() for name in settings_of(stage).model_fields}
