"""Fields that follow from others of the same point: what is searched, and the folders above."""

from libs.common.points.fields import Fields
from libs.common.points.from_exif import describe
from libs.common.points.stack import stack_of
from libs.common.points.words import joined, parts_of
from libs.common.store.protocol import Payload

_NEAREST_FOLDERS = 2
"""Folder names that are words of a point of which it is not known what was scanned."""


def derive(point: Fields, below: str | None = None) -> None:
    """Set what follows from the point's other fields.

    `below` is its path below the scanned root, whose folders are words of it; None where that is not known.
    """
    describe(point)
    if point.full_path:
        point.stack = stack_of(point.full_path)
    folders = (point.full_path or "").split("/")[:-1]
    point.folders = [path for n in range(1, len(folders)) if (path := "/".join(folders[: n + 1]))]
    names = folders[-_NEAREST_FOLDERS:] if below is None else below.split("/")[:-1]
    point.search_text = joined(_texts(point, names))


def below_root(point: Fields) -> str | None:
    """The path of a stored point below the scanned root, as far as its words tell; None where it has none.

    The nearest folders whose names are words of it.
    """
    if point.search_text is None:
        return None
    words = frozenset(point.search_text.split())
    *folders, name = (point.full_path or "").split("/")
    first = len(folders)
    while first > 0 and folders[first - 1] and words.issuperset(parts_of(folders[first - 1])):
        first -= 1
    return "/".join([*folders[first:], name])


def additions(payload: Payload) -> Payload:
    """What `derive` adds to a stored payload of before, or of another program."""
    point = Fields(dict(payload))
    derive(point)
    return {name: value for name, value in point.payload.items() if name not in payload}


def _texts(point: Fields, folders: list[str]) -> list[str | None]:
    return [
        point.caption,
        point.title,
        point.description,
        *(point.keywords or ()),
        *(point.people or ()),
        *(point.tags or ()),
        point.camera,
        point.lens,
        *(point.place or ()),
        point.filename,
        *folders,
        point.picture_text,
    ]
