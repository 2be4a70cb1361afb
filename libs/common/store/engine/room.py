"""Why an engine process ended: what a person can do about it, where anything."""

import signal
from pathlib import Path

from libs.common.errors import Code, UnavailableError
from libs.common.runtime.disk import has_room, no_room

NEEDED_BYTES = 64 << 20
"""With less than this to spare the engine fails: it writes in pieces of 32 MB."""


def gone(root: Path, status: int | None) -> UnavailableError:
    """What callers are told of an engine over `root` that ended with this exit status."""
    if not has_room(root, NEEDED_BYTES):
        return no_room(root)
    if status == -signal.SIGBUS:  # a file is shorter than it says
        detail = (
            f"the embedded store ended over a file in {root} that was cut short: put the folder of the "
            "collection aside, and ingest its photos again"
        )
        return UnavailableError(Code.STORE_UNAVAILABLE, detail)
    return UnavailableError(Code.STORE_UNAVAILABLE, "the embedded store stopped; it is being started again")
