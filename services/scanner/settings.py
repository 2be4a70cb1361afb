"""What the scanner reads from the environment."""

from pydantic import Field

from libs.common.settings import FilesSettings, StageSettings, StoreSettings


class ScannerSettings(StageSettings, StoreSettings, FilesSettings):
    """The scanner's settings: the shared ones, and how much it keeps in flight."""

    scanner_window: int = Field(
        65_536, ge=1, le=1_000_000, description="Files in flight at most, over all jobs of this scanner"
    )
    scanner_window_mb: int = Field(
        1024, ge=1, le=1_000_000, description="Megabytes that those files have in the topics at most"
    )
    scanner_end_seconds: float = Field(
        60.0, gt=0, le=3600, description="How long a job that is ended early waits for its files in flight"
    )
    scanner_quiet_seconds: float = Field(
        30.0, gt=0, le=3600, description="After how long without an outcome lost records are looked for"
    )
    watch_quiet_seconds: float = Field(
        2.0, gt=0, le=600, description="How long a watched library is quiet before its changes are one job"
    )
    watch_poll_seconds: float = Field(
        60.0, ge=1, le=86400, description="How often a watched library on a network mount is looked at"
    )
    sync_most_gone: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Share of a folder's points that a sync removes at most by itself",
    )
