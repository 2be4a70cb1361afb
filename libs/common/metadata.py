"""What people and cameras wrote into a photo, whatever format they wrote it in."""

from typing import Any, Literal

from msgspec import Struct, structs

Kind = Literal["photo", "raw", "video"]


class Metadata(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """None, or empty, is what nothing was written about.

    `taken_at` is an instant in ISO 8601 with an offset, Z where the camera's clock had none; `taken_local`
    what that clock showed. `location` is (latitude, longitude) in decimal degrees. `rating` goes from -1
    (rejected) to 5. Texts have no control characters and a bounded length.
    """

    taken_at: str | None = None
    taken_local: str | None = None
    location: tuple[float, float] | None = None
    altitude_m: float | None = None
    camera: str | None = None
    lens: str | None = None
    iso: float | None = None
    f_number: float | None = None
    exposure_s: float | None = None
    focal_mm: float | None = None
    duration_s: float | None = None
    title: str | None = None
    description: str | None = None
    keywords: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    rating: int | None = None
    label: str | None = None


NOTHING = Metadata()
_ALONE = tuple(field for field in Metadata.__struct_fields__ if field not in ("keywords", "people"))


def filled(first: Metadata, second: Metadata) -> Metadata:
    """What the first one says, and what the second says of the rest; keywords and people of both."""
    if NOTHING in (first, second):
        return first if second == NOTHING else second
    # The two times belong together, and so do a place and its height.
    if first.taken_at is not None and second.taken_at is not None:
        second = structs.replace(second, taken_at=None, taken_local=None)
    if first.location is not None and second.location is not None:
        second = structs.replace(second, location=None, altitude_m=None)
    gaps: dict[str, Any] = {
        field: theirs
        for field in _ALONE
        if getattr(first, field) is None and (theirs := getattr(second, field)) is not None
    }
    for field in ("keywords", "people"):
        if theirs := getattr(second, field):
            gaps[field] = tuple(dict.fromkeys((*getattr(first, field), *theirs)))
    return structs.replace(first, **gaps) if gaps else first


def size_of(metadata: Metadata) -> int:
    """About as many bytes as it takes in a record."""
    texts = (*metadata.keywords, *metadata.people, metadata.title, metadata.description)
    return 512 + sum(4 * len(text) + 8 for text in texts if text)
