"""What a collection is made with, kept in a file next to its shard."""

import os
from pathlib import Path

import msgspec
from msgspec import Struct, json

from libs.common.errors import Code, SluiceError
from libs.common.store.protocol import Distance, Shape

_FILE = "collection.json"


class _Named(Struct):
    """What a folder keeps besides the shape, since its own name may stand for another."""

    name: str
    vector_size: int
    distance: Distance


def write_shape(folder: Path, name: str, shape: Shape) -> None:
    """Put the name and the shape into a collection's folder, durably."""
    with (folder / _FILE).open("wb") as file:
        file.write(json.encode(_Named(name, shape.vector_size, shape.distance)))
        file.flush()
        os.fsync(file.fileno())


def read_shape(folder: Path) -> Shape:
    """The shape in a collection's folder; SluiceError internal if it cannot be read."""
    try:
        return json.decode((folder / _FILE).read_bytes(), type=Shape)
    except (OSError, msgspec.DecodeError) as error:
        raise SluiceError(Code.INTERNAL, f"collection '{folder.name}' is damaged: {error}") from error


def read_name(folder: Path) -> str | None:
    """The name of the collection in a folder; None if it cannot be read."""
    try:
        return json.decode((folder / _FILE).read_bytes(), type=_Named).name
    except (OSError, msgspec.DecodeError):
        return None
