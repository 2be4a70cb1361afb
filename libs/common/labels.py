"""What senders attach to a job: labels, which its snapshots and events show, and metadata of its points."""

import re
from collections.abc import Mapping

from msgspec import json

Value = str | int | float | bool
"""What a field of metadata holds."""

MOST_LABELS, LONGEST_LABEL = 16, 256
MOST_METADATA, MOST_METADATA_BYTES = 32, 4096

_LABEL = re.compile(r"[A-Za-z0-9._/-]{1,63}")
_FIELD = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_labels(labels: Mapping[str, str]) -> None:
    """Raise ValueError for more, longer or odder labels than a job takes."""
    if len(labels) > MOST_LABELS:
        raise ValueError(f"labels: at most {MOST_LABELS}, not {len(labels)}")
    for name, value in labels.items():
        if not _LABEL.fullmatch(name):
            raise ValueError(
                f"labels: a name is 1-63 letters, digits, `.`, `_`, `/` or `-`, not {name[:80]!a}"
            )
        if len(value) > LONGEST_LABEL:
            raise ValueError(f"labels: {name} has more than {LONGEST_LABEL} characters")


def check_metadata(metadata: Mapping[str, Value]) -> None:
    """Raise ValueError for more, or odder, metadata than a point takes."""
    if len(metadata) > MOST_METADATA:
        raise ValueError(f"metadata: at most {MOST_METADATA} fields, not {len(metadata)}")
    for name in metadata:
        if not _FIELD.fullmatch(name):
            raise ValueError(f"metadata: a name is 1-64 letters, digits, `_` or `-`, not {name[:80]!a}")
    if len(json.encode(metadata)) > MOST_METADATA_BYTES:
        raise ValueError(f"metadata: more than {MOST_METADATA_BYTES} bytes")


def is_name(text: str) -> bool:
    """Whether it can be the name of a field of metadata."""
    return _FIELD.fullmatch(text) is not None
