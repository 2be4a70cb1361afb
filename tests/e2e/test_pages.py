"""The pages for people: their commands run as they stand, and their error messages are the command's own."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.person import Person, at_home

pytestmark = pytest.mark.slow
DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
_STATUS = re.compile(r"# exits with (\d+)")
_MESSAGES = {
    "jobs --url http://127.0.0.1:1": "does not answer",
    "ingest nosuch": "there is no file or folder nosuch",
    "collections delete photos < /dev/null": "not a terminal: pass --yes to confirm",
    "search -c holiday cat": "there is no collection holiday",
    "duplicates restore ffff": "no recent archive is named",
    "search moonlight": "knows the English names of 1,000 things, and none of these words",
    "files latest --failed": "The JPEG ends before the picture does",
}


@pytest.fixture(scope="module")
async def person() -> AsyncIterator[Person]:
    """Somebody with photos in ~/Photos."""
    async with at_home(120) as someone:
        yield someone


def lines(page: str) -> Iterator[tuple[str, int]]:
    """Each command of a page, and the exit status that the page tells."""
    for block in _BLOCK.findall((DOCS / page).read_text()):
        for line in block.splitlines():
            told = _STATUS.search(line)
            yield line, int(told[1]) if told else 0


@pytest.mark.parametrize("page", ["searching.md", "clean-up.md", "folders.md"])
async def test_the_commands_of_a_page_run_as_they_stand(person: Person, page: str) -> None:
    await person.runs("sluice ingest ~/Photos --wait", status=3)
    commands = list(lines(page))
    assert len(commands) > 5
    for line, status in commands:
        await person.runs(line, status=status)


async def test_the_messages_of_the_questions_are_those_that_people_see(person: Person) -> None:
    await person.runs("sluice ingest ~/Photos --wait", status=3)
    page = " ".join((DOCS / "faq.md").read_text().split())
    for command, message in _MESSAGES.items():
        screen = await person.runs(f"sluice {command}; true")
        assert message in " ".join(screen.text.split()), command
        assert message in page, command
