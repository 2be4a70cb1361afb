"""The documents hold together: every link leads somewhere, and the site has every page."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCS = sorted((ROOT / "docs").glob("*.md"))
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#\s]*)(?:#([^)\s]+))?\)")


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS], ids=lambda page: page.name
)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for target, anchor in _LINK.findall(page.read_text()):
        if "://" in target:
            continue
        led = page if not target else (page.parent / target).resolve()
        assert led.exists(), f"{target} of {page.name}"
        if anchor and led.suffix == ".md":
            assert anchor in {slug(line) for line in headings(led)}, f"{target}#{anchor} of {page.name}"


def test_readme_and_the_index_link_every_page() -> None:
    for page in (ROOT / "README.md", ROOT / "docs" / "index.md"):
        linked = {(page.parent / target).resolve() for target, _ in _LINK.findall(page.read_text())}
        missing = {each.name for each in DOCS} - {each.name for each in linked} - {"index.md"}
        assert missing == set(), page.name


def test_the_site_has_every_page() -> None:
    navigation = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    named = re.findall(r"[\w-]+\.md", str(navigation))
    assert sorted(named) == [page.name for page in DOCS]


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "faq" / "index.html").is_file()


def headings(page: Path) -> list[str]:
    """The headings outside code."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^#+ (.*)", text, re.MULTILINE)


def slug(heading: str) -> str:
    """The anchor of a heading, as MkDocs and GitHub make it of plain words."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
