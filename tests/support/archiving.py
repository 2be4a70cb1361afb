"""Trees of photos to archive, and a disk that ends its process at a chosen call."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from libs.common.duplicates.stacks import mates
from libs.common.ids import file_id
from libs.common.sources.roots import ANYWHERE
from libs.common.store.protocol import Record
from services.gateway.archive.journal import Opened
from services.gateway.archive.moves.disk import Disk, RealDisk
from services.gateway.archive.moves.executor import MoveExecutor
from services.gateway.archive.moves.naming import DUPLICATES, SELECTION
from services.gateway.archive.moves.rules import Rules
from services.gateway.archive.planning import Photo, duplicates, photo_of, selected, stacked

COLLECTION = "photos"
DIED = 77
CHILD_SECONDS = 60

CALLS = ("make_folder", "link", "rename", "unlink", "remove_folder", "sync_folder", "append", "truncate")


class WatchedDisk:
    """A RealDisk that tells `watch` the number of each call, before it (`"before"`) and after it."""

    def __init__(self, watch: Callable[[int, str], None]) -> None:
        self._watch = watch
        self._disk: Disk = RealDisk()
        self.calls = 0

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name not in CALLS:
            raise AttributeError(name)

        def watched(*args: Any) -> None:
            number, self.calls = self.calls, self.calls + 1
            self._watch(number, "before")
            getattr(self._disk, name)(*args)
            self._watch(number, "after")

        return watched


def dying(number: int, when: str) -> Disk:
    """A disk on which the process ends before or after the call of that number, as in a power cut."""

    def end(reached: int, at: str) -> None:
        if (reached, at) == (number, when):
            os._exit(DIED)

    return WatchedDisk(end)


def executor(root: Path, disk: Disk | None = None) -> MoveExecutor:
    """A workshop whose archives are next to the tree, and that may move all of it."""
    return MoveExecutor(root.parent / "archives", Rules.below(ANYWHERE, disk or RealDisk()))


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def record_of(path: Path) -> Record:
    """The point of a photo, as a plan needs it."""
    payload = {"full_path": str(path), "file_hash": sha256_of(path), "mtime_ns": path.stat().st_mtime_ns}
    return Record(file_id(COLLECTION, os.fsencode(path)), payload)


def photos_of(paths: Sequence[Path]) -> list[Photo]:
    return [photo_of(record_of(path)) for path in paths]


def contents(root: Path) -> Counter[str]:
    """How often each content lies in the tree; manifests are not counted."""
    return Counter(sha256_of(path) for path in files(root))


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file() and path.name != "manifest.txt")


def in_place(root: Path) -> list[Path]:
    """The files that are in no archive folder."""
    return [path for path in files(root) if path.parent.name not in ("_VibeDuplicates", "_VibeArchive")]


@dataclass(frozen=True)
class Tree:
    """Two pairs of copies, one with a sidecar; the second of each pair is to be archived."""

    root: Path

    def make(self) -> None:
        for name, text in (
            ("a/1.jpg", b"one"),
            ("b/1.jpg", b"one"),
            ("a/2.jpg", b"two"),
            ("b/2.jpg", b"two"),
        ):
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
        (self.root / "b/1.xmp").write_bytes(b"about one")

    @property
    def kept(self) -> list[Path]:
        return [self.root / "a/1.jpg", self.root / "a/2.jpg"]

    @property
    def requested(self) -> list[Path]:
        return [self.root / "b/1.jpg", self.root / "b/2.jpg"]


ARCHIVE_ID = "20260101T000000000000-00000000"


def archive(root: Path, disk: Disk | None = None) -> None:
    """Archive what the Tree wants archived."""
    tree, shop = Tree(root), executor(root, disk)
    records = [record_of(path) for path in (*tree.kept, *tree.requested)]
    targets = duplicates({record_of(path).id for path in tree.requested}, records)
    journal = shop.journal(ARCHIVE_ID)
    with shop.locks.owned(journal.folder):
        journal.begin(Opened(kind="exact", collection=COLLECTION, generation=None))
        result = shop.archive(ARCHIVE_ID, targets, DUPLICATES)
    assert not result.skipped, result.skipped


def restore(root: Path, disk: Disk | None = None) -> None:
    """Put back what `archive` moved."""
    shop = executor(root, disk)
    with shop.locks.owned(shop.journal(ARCHIVE_ID).folder):
        returns = shop.restore(ARCHIVE_ID, dry_run=False)
    assert all(found.error is None for found in returns), returns


def make_stack(root: Path) -> None:
    """A RAW and its JPEG."""
    root.mkdir(parents=True)
    for name in ("1.dng", "1.jpg"):
        (root / name).write_text(name)


def archive_stack(root: Path, disk: Disk | None = None) -> None:
    """Archive both files of `make_stack`."""
    shop = executor(root, disk)
    records = [record_of(root / name) for name in ("1.dng", "1.jpg")]
    journal = shop.journal(ARCHIVE_ID)
    with shop.locks.owned(journal.folder):
        journal.begin(Opened(kind="selection", collection=COLLECTION, generation=None))
        result = shop.archive(ARCHIVE_ID, stacked(selected(records), mates(records)), SELECTION)
    assert not result.skipped, result.skipped


Work = Callable[[Path, Disk], None]


def calls_of(work: Work, root: Path) -> int:
    """How many calls to the disk the work makes, run to its end."""
    disk = WatchedDisk(lambda _number, _when: None)
    work(root, disk)
    return disk.calls


class Mortals:
    """A process that forks one child for each work that is to die: a child costs some milliseconds."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from tests.support.archiving import fork_again_and_again as f; f()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            text=True,
        )

    def die(self, work: Work, root: Path, number: int, when: str) -> None:
        """Do the work in a process that ends at that call."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([work.__name__, str(root), number, when]), file=self._process.stdin, flush=True)
        status = self._process.stdout.readline().strip()
        assert status == str(DIED), f"call {number} ({when}): the child ended with {status!r}"

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=CHILD_SECONDS)


def fork_again_and_again() -> None:
    """The life of the process of `Mortals`."""
    works = {work.__name__: work for work in (archive, restore, recover, archive_stack)}
    for line in sys.stdin:
        name, root, number, when = json.loads(line)
        if (child := os.fork()) == 0:
            signal.alarm(CHILD_SECONDS)
            try:
                works[name](Path(root), dying(number, when))
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def recover(root: Path, disk: Disk | None = None) -> None:
    """What a start does about the archive."""
    shop = executor(root, disk)
    with shop.locks.owned(shop.root / ARCHIVE_ID):
        shop.recover(ARCHIVE_ID)
