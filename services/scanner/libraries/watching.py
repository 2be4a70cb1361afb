"""Watching a folder: by the system's events on local disks, by polling on network mounts."""

import asyncio
import logging
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from watchfiles import watch

from services.scanner.libraries.polling import polled
from services.scanner.sync.place import place_of

log = logging.getLogger(__name__)

LOOK_MS = 250
"""How long one look waits for a change."""
GROUP_MS, STEP_MS = 100, 20
"""Changes that come within this are told together."""

_NETWORK = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "vboxsf", "drvfs")
)

Way = Literal["events", "polling"]


def way_of(root: bytes) -> Way:
    """How changes below the folder are seen. What others write to a share gives no events here."""
    kind = (place_of(root) or "").partition(" ")[0]
    return "polling" if kind in _NETWORK or kind.startswith("fuse") else "events"


class Watch:
    """The changes below one folder, from the first `next` on; the opener closes it."""

    def __init__(self, root: bytes, way: Way, poll_s: float) -> None:
        self.way = way
        self._stop = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="watch")
        self._changes = (
            polled(root, poll_s, LOOK_MS / 1000, self._stop)
            if way == "polling"
            else _reported(root, self._stop)
        )

    async def next(self) -> set[bytes]:
        """The paths that changed, after LOOK_MS at the latest; the first call returns once all is watched.

        Raises OSError: the folder is gone, or the system watches no more folders.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, next, self._changes, set[bytes]())

    def close(self) -> None:
        """Give the watches back; does not wait."""
        self._stop.set()
        self._thread.shutdown(wait=False)


def _reported(root: bytes, stop: threading.Event) -> Iterator[set[bytes]]:
    """The paths of the system's events, or nothing after LOOK_MS, until `stop`."""
    for found in watch(
        os.fsdecode(root),
        watch_filter=None,
        debounce=GROUP_MS,
        step=STEP_MS,
        stop_event=stop,
        rust_timeout=LOOK_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
        force_polling=False,
        ignore_permission_denied=True,
    ):
        yield {_path(path) for _, path in found}


def _path(shown: str) -> bytes:
    """The path; of a name that is not UTF-8, which the library garbles, its folder."""
    return os.fsencode(shown.rpartition("/")[0] if "\ufffd" in shown else shown)
