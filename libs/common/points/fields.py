"""The payload of a point: every field, declared once. No other module spells the name of one."""

from collections.abc import Mapping

from libs.common.points.field import Field, Flag, Number, Text, Texts, Whole
from libs.common.store.protocol import Payload


class Fields:
    """A payload, by field: `Fields(payload).filename` is a value, `Fields.filename` is the field.

    Existing readers of a collection rely on those up to `thumbnail_base64`. Besides, a payload has
    `exif_<Group>_<Tag>` texts, which `points.exif` reads and writes.
    """

    __slots__ = ("payload",)

    def __init__(self, payload: Payload) -> None:
        self.payload = payload

    filename = Text()
    full_path = Text()
    """As people are shown it: see `path_base64`."""
    file_hash = Text("keyword")
    """The content's SHA-256, in hexadecimal digits."""
    caption = Text()
    tags = Texts()
    width = Whole()
    height = Whole()
    """Pixels, after the EXIF orientation."""
    format = Text()
    mode = Text()
    thumbnail_base64 = Text(serves=())
    """A JPEG of at most 200 pixels a side."""

    link_target = Text("keyword")
    """The file that a symbolic link on the path leads to, as people are shown it; none for a file itself."""
    taken_at = Text(serves=())
    """When the picture was taken, as ISO 8601."""
    rating = Number(serves=())
    people = Texts(serves=())
    keywords = Texts(serves=())

    size = Whole()
    """Bytes."""
    mtime_ns = Whole()
    ctime_ns = Whole(serves=())
    """Nanoseconds since the epoch."""
    path_base64 = Text(serves=())
    """The path's bytes, only where it is not UTF-8."""
    generation = Text(serves=())
    """The generation of the collection that the point was stored in."""
    model = Text()
    has_caption = Flag()
    stored_at = Number()
    """Seconds since the epoch, by the brokers' clock."""


FIELDS: Mapping[str, Field[object]] = {
    name: field for name, field in vars(Fields).items() if isinstance(field, Field)
}
"""All of them, by name."""

INDEXES = {name: field.index for name, field in FIELDS.items() if field.index is not None}
"""The indexes that the store keeps of a collection, by field name."""


def names(*fields: Field[object]) -> tuple[str, ...]:
    """The names of the fields, as a read of the store takes them."""
    return tuple(field.name for field in fields)
