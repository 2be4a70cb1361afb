"""A folder on a network mount is followed by polling: the system reports none of what others write there."""

import os
from pathlib import Path

import pytest

from services.scanner.libraries.watching import Watch, Way, way_of
from services.scanner.sync import place
from tests.support.waiting import until

POLL_S = 0.05
LATER = 4_000_000_000
"""A time that is after any that a file has, in seconds since the epoch."""
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
        # A poll compares whole seconds.
        os.utime(elsewhere, (LATER, LATER))

        async def is_found() -> bool:
            return bytes(root / "a.jpg") in await followed.next()

        await until(is_found)
        assert not any([await by_events.next() for _ in range(QUIET_LOOKS)])
    finally:
        by_events.close()
        followed.close()
