"""What a backend says of images, without the engine."""

from collections.abc import Sequence

from libs.common.errors import FileError
from services.ml.engine.backend import Backend, Described


def describe(backend: Backend, images: Sequence[bytes], *, caption: bool) -> list[Described | FileError]:
    """One entry an image, in order; the backend must be loaded."""
    found: list[Described | FileError] = []
    for image in images:
        try:
            prepared = backend.prepare(image, caption=caption)
        except FileError as error:
            found.append(error)
        else:
            found += backend.compute([prepared])
    return found
