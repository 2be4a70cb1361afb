"""A network share as the system sees one: a folder of a server, mounted by FUSE (Debian's bindfs)."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

BINDFS = shutil.which("bindfs")
NEEDED = pytest.mark.skipif(
    BINDFS is None or not os.access("/dev/fuse", os.W_OK),
    reason="Debian's bindfs, or FUSE, is missing",
)
LIMIT_S = 20.0


@dataclass(frozen=True)
class Share:
    """A folder `at` which lies what the `server` has; what is written there gives no event here."""

    server: Path
    at: Path
    process: "subprocess.Popen[bytes]"

    def cut(self) -> None:
        """The server is gone: what is asked of the mount fails (ENOTCONN)."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def unmount(self) -> None:
        """Where the share was is an empty folder."""
        subprocess.run(["umount", "--lazy", str(self.at)], check=True)


@contextmanager
def share(server: Path, at: Path) -> Iterator[Share]:
    """The server's folder mounted at `at`, which is made; both stay."""
    at.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen([str(BINDFS), "-f", str(server), str(at)]) as process:
        try:
            limit = time.monotonic() + LIMIT_S
            while not at.is_mount():
                assert process.poll() is None, "bindfs did not start"
                assert time.monotonic() < limit, "the share was not mounted in time"
                time.sleep(0.02)
            yield Share(server, at, process)
        finally:
            subprocess.run(["umount", "--lazy", str(at)], check=False, stderr=subprocess.DEVNULL)
            process.kill()
