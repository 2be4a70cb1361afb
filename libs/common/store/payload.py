"""The payload of a point: what other readers of a collection rely on, and what a rescan compares."""

import base64

from libs.common.ids import display_name
from libs.common.messages import PointRecord
from libs.common.store.protocol import Payload

RESCAN_FIELDS = ("size", "mtime_ns", "ctime_ns", "generation", "model", "stored_at", "has_caption")
"""What decides whether a stored file has changed since."""


def payload_of(record: PointRecord, stored_at: float) -> Payload:
    """The payload of the point that stores `record`.

    `exif_<Group>_<Tag>` strings, `thumbnail_base64` a JPEG, `stored_at` in seconds since the epoch
    by the brokers' clock.
    `path_base64` is there only where the path is not UTF-8, so that the file can still be opened.
    """
    file, content, inference = record.file, record.content, record.inference
    # Not `file.file`: that of an upload is relative, and readers open what they find here.
    full_path = display_name(file.path)
    payload: Payload = {
        "filename": full_path.rpartition("/")[2],
        "full_path": full_path,
        "file_hash": content.sha256,
        "caption": inference.caption,
        "tags": list(inference.tags),
        "width": content.width,
        "height": content.height,
        "format": content.format,
        "mode": content.mode,
        "thumbnail_base64": base64.b64encode(content.thumbnail).decode(),
        "size": file.size,
        "mtime_ns": file.mtime_ns,
        "ctime_ns": file.ctime_ns,
        "generation": file.generation,
        "model": inference.model,
        "has_caption": inference.caption is not None,
        "stored_at": stored_at,
    }
    if file.path != full_path.encode():
        payload["path_base64"] = base64.b64encode(file.path).decode()
    return payload | {f"exif_{tag.replace(' ', '_')}": text for tag, text in content.exif.items()}
