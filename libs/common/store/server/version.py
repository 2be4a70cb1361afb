"""Which release of Qdrant answers, for what older ones lack."""

import re
import time

from qdrant_client import AsyncQdrantClient

from libs.common.store.server.failures import translated

RANKS_SINCE = (1, 20)
KEEP_SECONDS = 60.0
"""How long an answer is believed: a server may be replaced by a newer one."""

_NUMBERS = re.compile(r"(\d+)\.(\d+)")


def release_of(version: str) -> tuple[int, int]:
    """The release of "1.20.3"; (0, 0) of what is no version."""
    found = _NUMBERS.match(version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


class Version:
    """The server's release, read when first needed and again after a minute."""

    def __init__(self, client: AsyncQdrantClient, place: str) -> None:
        self._client = client
        self._place = place
        self._release = (0, 0)
        self._read_at: float | None = None

    async def ranks(self) -> bool:
        """Whether it ranks by words. By its version: a release before takes the index and says nothing."""
        if self._read_at is None or time.monotonic() > self._read_at + KEEP_SECONDS:
            with translated(self._place):
                self._release = release_of((await self._client.info()).version)
            self._read_at = time.monotonic()
        return self._release >= RANKS_SINCE
