"""A network share as the system sees one: a folder of a server, mounted by FUSE (Debian's bindfs)."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.waiting import until

BINDFS = shutil.which("bindfs")
NEEDED = pytest.mark.skipif(
    BINDFS is None or not os.access("/dev/fuse", os.W_OK),
    reason="Debian's bindfs, or FUSE, is missing",
)


@dataclass(frozen=True)
class Share:
    """A folder `at` which lies what the `server` has; what is written there gives no event here."""

    server: Path
    at: Path
    process: asyncio.subprocess.Process

    async def cut(self) -> None:
        """The server is gone: what is asked of the mount fails (ENOTCONN)."""
        self.process.kill()
        await self.process.wait()

    async def unmount(self) -> None:
        """Where the share was is an empty folder."""
        assert await _unmounted(self.at) == 0


@asynccontextmanager
async def share(server: Path, at: Path) -> AsyncIterator[Share]:
    """The server's folder mounted at `at`, which is made; both stay."""
    at.mkdir(parents=True, exist_ok=True)
    process = await asyncio.create_subprocess_exec(str(BINDFS), "-f", str(server), str(at))
    try:
        await until(lambda: at.is_mount() or process.returncode is not None)
        assert process.returncode is None, "bindfs did not start"
        yield Share(server, at, process)
    finally:
        await _unmounted(at)
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _unmounted(at: Path) -> int:
    process = await asyncio.create_subprocess_exec(
        "umount", "--lazy", str(at), stderr=asyncio.subprocess.DEVNULL
    )
    return await process.wait()
