"""The file that a point stands for."""

import base64
import os

from libs.common.points.fields import Fields


def path_of(point: Fields) -> bytes | None:
    """The path as the operating system has it; None for a point that somebody else made without one."""
    if encoded := point.path_base64:
        return base64.b64decode(encoded)
    return os.fsencode(point.full_path or "") or None
