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


def set_metadata(point: Fields, stated: Metadata) -> None:
    """Set the fields of what is known; there are none of what is not."""
    _set_time_and_place(point, stated)
    for name in _SAME_NAME:
        if (value := getattr(stated, name)) is not None:
            setattr(point, name, value)
    if stated.keywords:
        point.keywords = list(stated.keywords)
    if stated.people:
        point.people = list(stated.people)


def _set_time_and_place(point: Fields, stated: Metadata) -> None:
    if stated.taken_at is not None and stated.taken_local is not None:
        point.taken_at = stated.taken_at
        point.taken_local = stated.taken_local
        point.month = stated.taken_local[:_MONTH]
    if stated.location is not None:
        latitude, longitude = stated.location
        point.location = {"lat": latitude, "lon": longitude}
