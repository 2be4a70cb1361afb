"""A folder on a network mount is followed by polling: the system reports none of what others write there."""

import errno
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from services.scanner.libraries.polling import Polling
from services.scanner.libraries.watching import Watch, Way, way_of
from services.scanner.sync import place
from tests.support.waiting import until

POLL_S = 0.05
OLDER = 1_000_000_000
"""A time before any that a new file has, in seconds since the epoch."""
QUIET_LOOKS = 1


def mounted_as(kind: str, root: Path, notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the system say that the folder lies on a file system of this kind."""
    device = root.stat().st_dev
    numbers = f"{os.major(device)}:{os.minor(device)}"
    notes.write_text(f"36 35 {numbers} / {root} rw,noatime master:1 - {kind} nas:/photos rw\n")
    monkeypatch.setattr(place, "_MOUNTS", notes)


@pytest.mark.parametrize(
    ("kind", "way"),
    [
        *(("nfs4", "polling"), ("cifs", "polling"), ("fuse.sshfs", "polling"), ("9p", "polling")),
        *(("ext4", "events"), ("overlay", "events"), ("btrfs", "events")),
    ],
)
def test_the_kind_of_a_mount_says_how_it_is_followed(
    kind: str, way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted_as(kind, tmp_path, tmp_path / "mountinfo", monkeypatch)
    assert way_of(bytes(tmp_path)) == way


async def test_a_change_of_which_the_system_tells_nothing_is_found_on_a_network_mount(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change through another name of the file, as by another machine, gives no event in the folder."""
    root, elsewhere = tmp_path / "photos", tmp_path / "elsewhere.jpg"
    root.mkdir()
    elsewhere.write_bytes(b"a photo")
    (root / "a.jpg").hardlink_to(elsewhere)
    mounted_as("nfs4", root, tmp_path / "mountinfo", monkeypatch)
    by_events = Watch(bytes(root), "events", POLL_S)
    followed = Watch(bytes(root), way_of(bytes(root)), POLL_S)
    try:
        for watch in (by_events, followed):
            await watch.next()
        elsewhere.write_bytes(b"another photo")

        async def is_found() -> bool:
            return bytes(root / "a.jpg") in await followed.next()

        await until(is_found)
        assert not any([await by_events.next() for _ in range(QUIET_LOOKS)])
    finally:
        by_events.close()
        followed.close()


@pytest.mark.parametrize("way", ["events", "polling"])
async def test_a_file_that_one_of_an_older_time_and_the_same_size_replaces_has_changed(
    tmp_path: Path, way: Way
) -> None:
    """So it is with `cp -p`, rsync, and what comes out of a backup."""
    root, backup = tmp_path / "photos", tmp_path / "backup.jpg"
    root.mkdir()
    (root / "a.jpg").write_bytes(b"the photo")
    backup.write_bytes(b"its older")
    os.utime(backup, (OLDER, OLDER))
    watch = Watch(bytes(root), way, POLL_S)
    try:
        await watch.next()
        shutil.copy2(backup, root / "a.jpg")

        async def is_found() -> bool:
            return bytes(root / "a.jpg") in await watch.next()

        await until(is_found)
    finally:
        watch.close()


def test_a_poll_finds_what_came_changed_and_went_and_no_more(tmp_path: Path) -> None:
    for name in ("same", "changed", "gone", "old/in it"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    (tmp_path / "circle").symlink_to(tmp_path)
    (tmp_path / "itself").symlink_to(tmp_path / "itself")
    polling = Polling(bytes(tmp_path), threading.Event())
    polling.look()
    (tmp_path / "changed").write_bytes(b"22")
    (tmp_path / "gone").unlink()
    shutil.rmtree(tmp_path / "old")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "came").write_bytes(b"1")

    expected = {bytes(tmp_path / name) for name in ("changed", "gone", "old", "new/came")}
    assert polling.look() == expected
    assert polling.look() == set()


def test_a_folder_that_cannot_be_read_has_not_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "share" / "deep").mkdir(parents=True)
    (tmp_path / "share" / "deep" / "a.jpg").write_bytes(b"1")
    polling = Polling(bytes(tmp_path), threading.Event())
    polling.look()
    scandir = os.scandir

    def scandir_of_a_share(folder: bytes) -> Any:
        if folder == bytes(tmp_path / "share"):
            raise OSError(errno.ESTALE, "Stale file handle")
        return scandir(folder)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scandir_of_a_share)
        assert polling.look() == set()
    assert polling.look() == set()


def test_a_root_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    polling = Polling(bytes(tmp_path / "photos"), threading.Event())
    with pytest.raises(FileNotFoundError):
        polling.look()
