"""Writes docs/settings.md from the settings classes: `python -m scripts.settings_table [--check]`."""

import sys
from pathlib import Path

from pydantic_settings import BaseSettings

from libs.common import stages
from libs.common.settings import StageSettings
from libs.embedded.settings import EmbeddedSettings
from services.packages import settings_class
from services.settings import RunSettings

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"

READERS: dict[str, tuple[type[BaseSettings], ...]] = {
    "run": (RunSettings, EmbeddedSettings),
    **{stage: (settings_class(stage),) for stage in stages.services()},
}

HEAD = """# Settings

Everything is read from the environment when a process starts. An empty value counts as unset. A value that
cannot be right ends the process with a line that names it. `run` is `make run` (everything in one process):
there what is unset runs embedded, and a few defaults differ.

This page is made from the settings classes: `python -m scripts.settings_table`.

| Name | Default | Read by | What it sets |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for reader, classes in READERS.items():
        for settings in classes:
            for name, field in settings.model_fields.items():
                row = (name.upper(), _default(settings, name), field.description or "")
                rows.setdefault(row, []).append(reader)
    lines = [
        f"| `{name}` | {default} | {_readers(readers)} | {text} |"
        for (name, default, text), readers in sorted(rows.items())
    ]
    return HEAD + "\n".join(lines) + "\n"


def _default(settings: type[BaseSettings], name: str) -> str:
    field = settings.model_fields[name]
    if field.default_factory is not None:
        return "(this machine's)"
    value = field.default
    if isinstance(value, tuple):
        value = ",".join(str(part) for part in value)
    return "" if value in (None, "") else f"`{value}`"


def _readers(readers: list[str]) -> str:
    every = [name for name, classes in READERS.items() if all(issubclass(c, StageSettings) for c in classes)]
    if all(stage in readers for stage in every):
        return ", ".join(["every stage", *(r for r in readers if r not in every)])
    return ", ".join(readers)


def main() -> int:
    """Write the page, or with --check say whether it is as the code has it."""
    if "--check" not in sys.argv:
        PAGE.write_text(page())
        return 0
    return 0 if PAGE.read_text() == page() else 1


if __name__ == "__main__":
    sys.exit(main())
