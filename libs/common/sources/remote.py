"""How what lies elsewhere is reached."""

from dataclasses import dataclass
from typing import Protocol

from libs.common.settings import FilesSettings
from libs.common.sources.source import Source

CONNECT_SECONDS = 5.0
SILENT_SECONDS = 10.0
"""After how long without a byte a connection is given up and tried again."""
TRIES = 4


@dataclass(frozen=True, slots=True)
class Remote:
    """`seconds` is the time limit for one file, tries and pauses included; `most_bytes` its largest size.

    `hosts` are those of https URIs that may be fetched.
    """

    s3_endpoint: str | None = None
    hosts: tuple[str, ...] = ()
    seconds: float = 60.0
    most_bytes: int = 1 << 30

    @classmethod
    def of(cls, settings: FilesSettings) -> "Remote":
        """What the settings say."""
        return cls(
            settings.s3_endpoint_url,
            settings.allowed_hosts_fetch,
            settings.fetch_seconds,
            settings.fetch_max_bytes,
        )

    @property
    def silent_seconds(self) -> float:
        """Of one try."""
        return min(SILENT_SECONDS, self.seconds / 3)


class RemoteSource(Source, Protocol):
    """A source that is reached over a network."""

    def require(self, root: bytes) -> None:
        """Return if there is a file, or files below, that may be read.

        Raises SluiceError: directory_not_found, outside_roots, source_denied, source_gone, read_failed.
        """
