"""What people and cameras wrote, as fields of a point."""

from libs.common.messages import PointRecord
from libs.common.metadata import Metadata, filled
from libs.common.points.fields import Fields

_SAME_NAME = (
    *("camera", "lens", "iso", "f_number", "exposure_s", "focal_mm", "altitude_m", "duration_s"),
    *("title", "description", "rating", "label"),
)
_MONTH = len("2019-07")


def metadata_of(record: PointRecord) -> Metadata:
    """What is known of a file: its sidecar's word first, then its own, then that of an export."""
    return filled(record.file.sidecar, filled(record.content.metadata, record.file.export))


def set_metadata(point: Fields, said: Metadata) -> None:
    """Set the fields of what is known; there are none of what is not."""
    _set_time_and_place(point, said)
    for name in _SAME_NAME:
        if (value := getattr(said, name)) is not None:
            setattr(point, name, value)
    if said.keywords:
        point.keywords = list(said.keywords)
    if said.people:
        point.people = list(said.people)


def _set_time_and_place(point: Fields, said: Metadata) -> None:
    if said.taken_at is not None and said.taken_local is not None:
        point.taken_at = said.taken_at
        point.taken_local = said.taken_local
        point.month = said.taken_local[:_MONTH]
    if said.location is not None:
        latitude, longitude = said.location
        point.location = {"lat": latitude, "lon": longitude}
