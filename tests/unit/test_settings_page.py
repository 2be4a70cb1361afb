"""The table of settings is what the settings classes say."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_is_made_from_the_classes() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "settings_table.py"))["page"]()
    assert (ROOT / "docs" / "settings.md").read_text() == made, "run: python -m scripts.settings_table"


def test_every_setting_says_what_it_sets() -> None:
    lines = (ROOT / "docs" / "settings.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    assert len(rows) > 40
    assert not [row for row in rows if row.split("|")[4].strip() == ""]
