"""EXIF in a payload: `exif_<Group>_<Tag>` texts, for example exif_Image_Make."""

import re
from collections.abc import Mapping

from libs.common.store.protocol import Payload

_PREFIX = "exif_"
_GROUPS = ("Image", "EXIF", "GPS", "Interoperability")
"""In order of precedence where two groups have a tag of the same name."""
_NAME = re.compile(r"""exif_[^"'\\\x00-\x1f\x7f]{1,200}""")


def exif_fields(exif: Mapping[str, str]) -> Payload:
    """The fields of a payload for "Image Make" style names."""
    return {f"{_PREFIX}{tag.replace(' ', '_')}": text for tag, text in exif.items()}


def is_exif(name: str) -> bool:
    """Whether a field of this name can be one of EXIF."""
    return _NAME.fullmatch(name) is not None


def bare_names(payload: Payload) -> dict[str, str]:
    """`{"Make": ...}` from the payload's `exif_Image_Make`, without the embedded thumbnail's own tags."""
    by_group: dict[str, dict[str, str]] = {group: {} for group in reversed(_GROUPS)}
    for name, value in payload.items():
        if name.startswith(_PREFIX):
            group, _, tag = name.removeprefix(_PREFIX).partition("_")
            if group in by_group:
                by_group[group][tag] = str(value)
    return {tag: text for texts in by_group.values() for tag, text in texts.items()}


def count(payload: Payload) -> int:
    """How many fields of EXIF the payload has a value for."""
    return sum(name.startswith(_PREFIX) and bool(value) for name, value in payload.items())
