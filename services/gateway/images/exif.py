"""EXIF as a point's payload holds it, under the bare names that clients read."""

from collections.abc import Mapping
from typing import Any

_GROUPS = ("Image", "EXIF", "GPS", "Interoperability")
"""In order of precedence where two groups have a tag of the same name."""
_PREFIX = "exif_"


def bare_names(payload: Mapping[str, Any]) -> dict[str, str]:
    """`{"Make": ...}` from the payload's `exif_Image_Make`, without the embedded thumbnail's own tags."""
    return {
        name.removeprefix(f"{_PREFIX}{group}_"): str(value)
        for group in reversed(_GROUPS)
        for name, value in payload.items()
        if name.startswith(f"{_PREFIX}{group}_")
    }
