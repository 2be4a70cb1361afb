"""An evening with duplicates, by REST and by the command line: find, decide on all groups, and back again."""

import asyncio
import csv
import io
import os
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.conftest import Contract
from tests.contract.test_frontend import API, ended
from tests.support import photos
from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def library(contract: Contract) -> Path:
    """An album with copies on a phone, one of them another file, and a pair that is on the phone alone."""
    name = f"bulk{uuid4().hex[:8]}"
    root = contract.home / name
    for path, data in {
        "album/a.jpg": photos.jpeg(640, 480),
        "phone/long name of a.jpg": photos.jpeg(640, 480),
        "phone/a again.jpg": photos.jpeg(640, 480) + b"another file of the same pixels",
        "phone/b.png": photos.png(300, 500),
        "phone/b copy.png": photos.png(300, 500),
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    body = {"collection_name": name}
    assert (await contract.browser.post(f"{API}/collections", json=body)).is_success
    assert (await contract.browser.post(f"{API}/collections/select", json=body)).is_success
    answer = await contract.browser.post(f"{API}/ingest/", json={"directory_path": str(root)})
    assert (await ended(contract.browser, answer.json()["job_id"]))["status"] == "completed"
    return root


async def sluice(contract: Contract, *arguments: str) -> str:
    """What the command prints; it must succeed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", *arguments, "--url", contract.base_url),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await asyncio.wait_for(process.communicate(), LIMIT_S)
    assert process.returncode == 0, errors.decode()
    return out.decode()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_in_each_group_what_lies_below_a_folder_is_kept(contract: Contract, library: Path) -> None:
    found = await sluice(contract, "duplicates", "find", "--threshold", "0.99")
    task = found.split(":")[0].split()[-1]
    assert str(library / "phone/b copy.png") in found

    sheet = library.parent / f"{library.name}.png"
    rows = await sluice(contract, "duplicates", "review", task, "--csv", "--contact-sheet", str(sheet))
    by_path = {row["file_path"]: row for row in csv.DictReader(io.StringIO(rows))}
    assert sheet.read_bytes().startswith(b"\x89PNG")
    assert by_path[str(library / "phone/a again.jpg")]["same_pixels"] == "True"

    rule = ("duplicates", "decide", "--report", task, "--keep-below", str(library / "album"))
    rehearsed = await sluice(contract, *rule, "--dry-run")
    copies = {"long name of a.jpg", "a again.jpg"}
    assert {line.split(" -> ")[0] for line in rehearsed.splitlines()} == {
        str(library / "phone" / name) for name in copies
    }
    assert copies < names(library / "phone")

    await sluice(contract, *rule)
    moved = await archived(contract)
    assert {Path(move["from"]).name for move in moved["moves"]} == copies
    assert names(library / "phone") == {"b.png", "b copy.png", "_VibeDuplicates"}
    assert str(library / "phone/_VibeDuplicates/a again.jpg") in await sluice(contract, "archives")
    after = (await contract.browser.get(f"{API}/duplicates/report/{task}")).json()["results"]
    assert {point["file_path"] for group in after for point in group["points"]}.isdisjoint(
        str(library / "phone" / name) for name in copies
    )

    await sluice(contract, "duplicates", "restore", moved["archive_id"])
    assert names(library / "phone") == copies | {"b.png", "b copy.png"}
    back = await archived(contract)
    assert (back["state"], back["moved"], back["restored"]) == ("restored", 0, 2)


async def archived(contract: Contract) -> dict[str, Any]:
    """The newest archive, once its moves are over."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            newest = (await contract.browser.get(f"{API}/archives?limit=1")).json()["items"][0]
            if newest["state"] != "running":
                return dict(newest)
            await asyncio.sleep(0.05)
