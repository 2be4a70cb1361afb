"""A whole evening with one's photos, as typed at a terminal of 80 columns: each line is one that people read.

EVENING_PHOTOS=500 EVENING_TRANSCRIPT=evening.txt pytest tests/e2e/test_evening.py leaves what was shown.
"""

import asyncio
import csv
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.evening_photos import COPIES
from tests.support.person import Person, at_home

pytestmark = pytest.mark.slow
PHOTOS = int(os.environ.get("EVENING_PHOTOS", "120"))


@pytest.fixture
async def person() -> AsyncIterator[Person]:
    """Somebody with photos that no system has seen yet."""
    async with at_home(PHOTOS) as someone:
        try:
            yield someone
        finally:
            if transcript := os.environ.get("EVENING_TRANSCRIPT"):
                Path(transcript).write_text("\n".join(someone.shown))


async def test_an_evening_with_photos(person: Person) -> None:
    await _takes_them_in(person)
    await _searches(person)
    await _clears_out(person)
    await _follows(person)
    await _takes_out(person)


async def _takes_them_in(person: Person) -> None:
    shown = await person.types("ingest Photos --wait", status=3)
    assert "created and selected photos" in shown
    assert re.search(rf"^stored +{PHOTOS} .*{COPIES} copies of other files", shown, re.MULTILINE)
    assert "half a download.jpg" in shown
    assert "completed" in await person.types("jobs")
    assert "scan.jpg  The file is empty" in await person.types("files latest --failed")
    assert f"points         {PHOTOS}" in await person.types("collections info photos")


async def _searches(person: Person) -> None:
    shown = await person.types('search "a cup of coffee" -n 3')
    assert "searched the collection photos" in shown
    assert "espresso" in shown.splitlines()[2]
    of_2022 = await person.types("search cat --after 2022 --before 2023 -n 3")
    paths = re.findall(r"^0\.\d+  (.*)", of_2022, re.MULTILINE)
    assert paths
    assert all("/2022/" in path or "backup" in path for path in paths)
    newest = await person.types("search --after 2024 --sort -taken_at -n 2")
    assert newest.count("/Photos/2024/1") == 2
    assert "1,000 things" in await person.types("search moonlight")
    await person.types('search --near "48.86,2.29,5" -n 2')
    await person.types("search nothing -c holiday", status=1)


async def _clears_out(person: Person) -> None:
    found = await person.types("duplicates find")
    assert re.search(r"^task [0-9a-f]{8}: \d+ groups among", found, re.MULTILINE)
    task = found.split()[1].rstrip(":")
    assert "wrote groups.png" in await person.types(f"duplicates review {task} --contact-sheet groups.png")
    would = await person.types("duplicates archive --report latest --dry-run")
    moved = await person.types("duplicates archive --report latest")
    count = int(re.findall(r"^moved (\d+) files$", moved, re.MULTILINE)[0])
    assert f"would move {count} files" in would
    assert len(list(person.home.glob("Photos/**/_VibeDuplicates/*.jpg"))) == count
    assert "finished" in await person.types("archives")
    assert f"moved {count} files back" in await person.types("duplicates restore latest")
    assert f"restored: {count} files restored" in await person.types("archives")
    assert list(person.home.glob("Photos/**/_Vibe*")) == []


async def _follows(person: Person) -> None:
    assert "library family follows" in await person.types("libraries add family Photos --watch --rescan 24h")
    await person.sees("libraries list", "events")
    photo = next((person.home / "Photos" / "2021").rglob("IMG_*.jpg"))
    new = person.home / "Photos" / "grandma.jpg"
    await asyncio.to_thread(shutil.copyfile, photo, new)
    await person.sees("search grandma --mode words", str(new))
    await asyncio.to_thread(new.unlink)
    await person.sees("search grandma --mode words", "no photo found")
    assert "compared" in await person.types("status latest")
    await person.types("libraries remove family")


async def _takes_out(person: Person) -> None:
    listed = await person.writes(f"search --csv -n {2 * PHOTOS}", "all.csv")
    rows = list(csv.DictReader(listed.read_text().splitlines()))
    assert len(rows) == PHOTOS
    assert all(Path(row["path"]).is_file() for row in rows)
    shown = await person.types("search rocket -n 4 --copy-to rockets --contact-sheet rockets.png")
    assert "copied 4 photos to rockets" in shown
    assert len(list((person.home / "rockets").iterdir())) == 4
    assert (person.home / "rockets.png").stat().st_size > 1000
    assert "deleted photos" in await person.types("collections delete photos --yes")
    await person.types("search cat", status=1)
