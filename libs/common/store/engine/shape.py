"""What a collection is made with, kept in a file next to its shard."""

import os
from pathlib import Path

import msgspec
from msgspec import json

from libs.common.errors import Code, SluiceError
from libs.common.store.protocol import Shape

_FILE = "collection.json"


def write_shape(folder: Path, shape: Shape) -> None:
    """Put the shape into a collection's folder, durably."""
    with (folder / _FILE).open("wb") as file:
        file.write(json.encode(shape))
        file.flush()
        os.fsync(file.fileno())


def read_shape(folder: Path) -> Shape:
    """The shape in a collection's folder; SluiceError internal if it cannot be read."""
    try:
        return json.decode((folder / _FILE).read_bytes(), type=Shape)
    except (OSError, msgspec.DecodeError) as error:
        raise SluiceError(Code.INTERNAL, f"collection '{folder.name}' is damaged: {error}") from error
