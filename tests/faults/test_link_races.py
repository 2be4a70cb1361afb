"""Files and folders that are swapped for links while they are listed, read, served and moved: nothing leaks.

Each race lasts RACE_SECONDS. The first tests show that the swaps are fast enough to fool what looks first and
opens by path then.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from libs.common.errors import Code, FileError
from libs.common.sources.entries import Found
from libs.common.sources.files.source import FileSource
from libs.common.sources.roots import Roots
from libs.common.sources.source import Listing
from services.gateway.archive.journal import Opened
from services.gateway.archive.moves.disk import RealDisk
from services.gateway.archive.moves.executor import MoveExecutor, Result
from services.gateway.archive.moves.naming import SELECTION
from services.gateway.archive.moves.rules import Rules
from services.gateway.archive.planning import Target, photo_of
from services.gateway.images.ranged import RangedFile
from services.processor.decoding.inspect import Inspector
from services.processor.decoding.inspection import Inspected, Request
from tests.support import photos
from tests.support.archiving import record_of
from tests.support.racing import SECONDS, SLOW_SECONDS, swapping
from tests.unit.processor.samples import by_path

PHOTOS = 40
INSIDE, OUTSIDE = photos.jpeg(64, 48), photos.jpeg(48, 64)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(
    params=[pytest.param(SECONDS, id="short"), pytest.param(SLOW_SECONDS, id="slow", marks=pytest.mark.slow)]
)
def seconds(request: pytest.FixtureRequest) -> float:
    return float(request.param)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with a file and a folder, each next to a link of the same kind that leads out."""
    root, out = tmp_path / "root", tmp_path / "out"
    (root / "folder").mkdir(parents=True)
    out.mkdir()
    (root / "a.jpg").write_bytes(INSIDE)
    (root / "folder" / "a.jpg").write_bytes(INSIDE)
    (out / "a.jpg").write_bytes(OUTSIDE)
    (out / "secret.jpg").write_bytes(OUTSIDE)
    (root / "link.jpg").symlink_to(out / "a.jpg")
    (root / "link").symlink_to(out)
    return root


Race = tuple[Path, Path, Path]
"""What is opened, and the two names that are swapped meanwhile."""


@pytest.fixture(params=["file", "folder"])
def race(request: pytest.FixtureRequest, root: Path) -> Race:
    if request.param == "file":
        return root / "a.jpg", root / "a.jpg", root / "link.jpg"
    return root / "folder" / "a.jpg", root / "folder", root / "link"


def until(seconds: float) -> Iterator[int]:
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        yield count
        count += 1


def tried(read: Callable[[Path], bytes], race: Race, seconds: float) -> dict[str, int]:
    """How often each content came, or a refusal."""
    path, one, other = race
    seen = {"inside": 0, "outside": 0, "refused": 0}
    with swapping(one, other):
        for _ in until(seconds):
            try:
                data = read(path)
            except (FileError, OSError):
                seen["refused"] += 1
            else:
                seen["inside" if data == INSIDE else "outside"] += 1
    return seen


def test_looking_first_and_opening_by_path_then_is_fooled(race: Race, root: Path) -> None:
    def naive(path: Path) -> bytes:
        if not Path(os.path.realpath(path)).is_relative_to(root):
            raise FileError(Code.OUTSIDE_ROOTS, "outside")
        return path.read_bytes()

    assert tried(naive, race, 2.0)["outside"] > 0


def test_an_open_file_is_one_of_the_root(race: Race, root: Path, seconds: float) -> None:
    source = FileSource(Roots((bytes(root),)))

    def read(path: Path) -> bytes:
        with source.open(bytes(path)) as file:
            return os.pread(file.descriptor, 1 << 20, 0)

    seen = tried(read, race, seconds)
    assert seen["outside"] == 0, seen
    assert min(seen["inside"], seen["refused"]) > 0, seen


async def test_what_is_served_is_a_file_of_the_root(race: Race, root: Path, seconds: float) -> None:
    source = FileSource(Roots((bytes(root),)))
    path, one, other = race
    served = 0
    with swapping(one, other):
        for _ in until(seconds):
            try:
                file = source.open(bytes(path))
            except FileError:
                continue
            served += 1
            assert await body_of(RangedFile(file, {}, "image/jpeg", "a.jpg")) == INSIDE
    assert served > 0


async def body_of(response: RangedFile) -> bytes:
    parts = []

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        parts.append(message.get("body", b""))

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "headers": [], "asgi": {"spec_version": "2.4"}}
    await response(scope, receive, send)
    return b"".join(parts)


def test_what_is_inspected_is_a_file_of_the_root(
    race: Race, root: Path, tmp_path: Path, seconds: float
) -> None:
    inspect = by_path(Inspector(cache_dir=tmp_path / "cache")(), Roots((bytes(root),)))
    secret = hashlib.sha256(OUTSIDE).hexdigest()
    path, one, other = race
    stats = (root / "a.jpg").stat()
    requests = [
        Request(path=bytes(path), size=each.st_size, mtime_ns=each.st_mtime_ns)
        for each in (stats, (tmp_path / "out" / "a.jpg").stat(), (root / "folder" / "a.jpg").stat())
    ]
    inspected = 0
    with swapping(one, other):
        for number in until(seconds):
            reply = inspect(requests[number % len(requests)])
            if isinstance(reply, Inspected):
                assert reply.content.sha256 != secret
                inspected += 1
    assert inspected > 0


def test_a_listing_has_the_names_of_the_root_alone(root: Path, seconds: float) -> None:
    source = FileSource(Roots((bytes(root),)))
    listings = 0
    with swapping(root / "folder", root / "link"):
        for _ in until(seconds):
            listed = [entry for entry in source.list(bytes(root), Listing()) if isinstance(entry, Found)]
            assert not [entry for entry in listed if b"secret" in entry.path]
            assert {entry.size for entry in listed} <= {len(INSIDE)}
            listings += 1
    assert listings > 0


@pytest.mark.parametrize("other", ["link", "out"])
def test_what_is_archived_stays_in_its_folder(root: Path, tmp_path: Path, seconds: float, other: str) -> None:
    """The photos' folder is swapped for a link that leads out, or for another folder with the same names."""
    out, folder = tmp_path / "out", root / "folder"
    (out / "_VibeArchive").mkdir()
    executor = MoveExecutor(tmp_path / "archives", Rules.below(Roots((bytes(root),)), RealDisk()))
    executor.root.mkdir()
    names = [f"{number}.jpg" for number in range(PHOTOS)]
    for name in names:
        (folder / name).write_bytes(INSIDE)
        (out / name).write_bytes(INSIDE)
    targets = [Target(photo_of(record_of(folder / name)), None) for name in names]
    files = {place: {path.stat().st_ino for path in place.rglob("*.jpg")} for place in (folder, out)}
    moved = 0
    for number in until(seconds):
        with swapping(folder, root / "link" if other == "link" else out):
            moved += len(archived(executor, f"{number:04}", targets).archived)
        if other == "link":
            assert not list((out / "_VibeArchive").iterdir()), "one was moved out of the root"
        for place, inodes in files.items():
            # Neither lost, nor moved over from the other folder.
            assert {path.stat().st_ino for path in place.rglob("*.jpg")} == inodes
            for path in (place / "_VibeArchive").glob("*.jpg"):
                path.rename(place / path.name)
    assert moved > 0


def archived(executor: MoveExecutor, archive_id: str, targets: Sequence[Target]) -> Result:
    executor.journal(archive_id).begin(Opened(kind="selection", collection="photos", generation=None))
    return executor.archive(archive_id, targets, SELECTION)
