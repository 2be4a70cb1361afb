"""The payload of a point: every field, declared once. No other module spells the name of one."""

from collections.abc import Mapping

from libs.common.points.field import (
    FACET,
    SORT,
    Field,
    Flag,
    Location,
    Mapped,
    Moment,
    Number,
    Text,
    Texts,
    Whole,
)
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
    full_path = Text("keyword")
    """As people are shown it: see `path_base64`."""
    file_hash = Text("keyword")
    """The content's SHA-256, in hexadecimal digits."""
    caption = Text()
    tags = Texts("keyword", serves=FACET)
    width = Whole("integer", serves=SORT)
    height = Whole("integer", serves=SORT)
    """Pixels, after the EXIF orientation."""
    format = Text("keyword", serves=FACET)
    mode = Text()
    thumbnail_base64 = Text(serves=())
    """A JPEG of at most 200 pixels a side."""

    link_target = Text("keyword")
    """The file that a symbolic link on the path leads to, as people are shown it; none for a file itself."""

    meta = Mapped(serves=())
    """What the request said of the file: its `metadata`. Searches filter by `meta.<name>`."""

    size = Whole("integer", serves=SORT)
    """Bytes."""
    mtime_ns = Whole()
    ctime_ns = Whole(serves=())
    """Nanoseconds since the epoch."""
    etag = Text(serves=())
    """What tells that an object has not changed, in place of its times."""
    offset = Whole(serves=())
    """Where the file's bytes begin, where it is a part of another."""
    path_base64 = Text(serves=())
    """The path's bytes, only where it is not UTF-8."""
    generation = Text(serves=())
    """The generation of the collection that the point was stored in."""
    model = Text()
    has_caption = Flag("bool")
    stored_at = Number("float", serves=SORT)
    """Seconds since the epoch, by the brokers' clock."""
    payload_version = Whole(serves=())
    """The version of this declaration that the point was made by; see `points.payload`."""

    search_text = Text("text", serves=())
    """All words of the point, as `points.words` takes them apart."""
    folders = Texts("keyword", serves=FACET)
    """Every directory above the file."""
    taken_at = Moment("datetime", serves=SORT)
    """When the picture was taken. Without an offset of its own the camera's clock is taken as UTC."""
    taken_local = Text(serves=())
    """The camera's own clock, 2019-07-21T18:03:11."""
    month = Text("keyword", serves=FACET)
    """Of the camera's own clock, 2019-07."""
    location = Location("geo")
    place = Texts("keyword", serves=FACET)
    """City, region, country and country code of the nearest town."""
    altitude_m = Number("float", serves=SORT)
    camera = Text("keyword", serves=FACET)
    lens = Text("keyword", serves=FACET)
    iso = Number("float", serves=SORT)
    f_number = Number("float", serves=SORT)
    exposure_s = Number("float", serves=SORT)
    focal_mm = Number("float", serves=SORT)
    file_note = Text()
    """What is wrong with the file, though its picture is whole."""
    duration_s = Number("float", serves=SORT)
    """Of a video."""
    kind = Text("keyword", serves=FACET)
    """photo, raw or video."""
    title = Text()
    description = Text()
    keywords = Texts("keyword", serves=FACET)
    people = Texts("keyword", serves=FACET)
    rating = Whole("integer", serves=FACET | SORT)
    label = Text("keyword", serves=FACET)
    caption_model = Text("keyword", serves=FACET)
    """What wrote the caption, where a job that adds captions did; it stays until the file changes."""
    picture_text = Text(serves=())
    """The words that were read in the picture; empty where there are none."""
    text_model = Text("keyword", serves=FACET)
    """What read them."""
    stack = Text("keyword")
    """Folder and stem in short: files of one picture share it, and have a `stack_cover`."""
    stack_cover = Flag("bool", serves=())
    """Whether it is the file that stands for its stack; none where it is not part of one."""


FIELDS: Mapping[str, Field[object]] = {
    name: field for name, field in vars(Fields).items() if isinstance(field, Field)
}
"""All of them, by name."""

INDEXES = {name: field.index for name, field in FIELDS.items() if field.index is not None}
"""The indexes that the store keeps of a collection, by field name."""


def names(*fields: Field[object]) -> tuple[str, ...]:
    """The names of the fields, as a read of the store takes them."""
    return tuple(field.name for field in fields)
