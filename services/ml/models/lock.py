"""What a fetched model's folder holds: from where, of which commit, and the hash of each file."""

from pathlib import Path

import msgspec
from msgspec import Struct

from libs.common.unreadable import UNREADABLE

NAME = "sluice-model.json"


class Lock(Struct, frozen=True):
    """Written once every file is there and has the hash that the repository states."""

    name: str
    repository: str
    commit: str
    files: dict[str, str]
    """The sha256 of each file, by its path in the folder."""


def read_lock(folder: Path) -> Lock | None:
    """The lock of the folder; None where there is none, or none that can be read."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=Lock)
    except (OSError, *UNREADABLE):
        return None


def write_lock(folder: Path, lock: Lock) -> None:
    """Write it whole or not at all."""
    partial = folder / f"{NAME}.partial"
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(lock)))
    partial.replace(folder / NAME)
