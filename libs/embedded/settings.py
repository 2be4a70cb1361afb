"""Settings of what runs embedded."""

import os
import sys
from pathlib import Path

from pydantic import Field

from libs.common.settings import EnvSettings


def user_cache_dir() -> Path:
    """Where this platform keeps what a program can always make again."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "sluice"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sluice"


class EmbeddedSettings(EnvSettings):
    """Where the embedded broker's program comes from and is kept."""

    sluice_cache_dir: Path = Field(
        default_factory=user_cache_dir, description="Where downloaded jars and their start-up cache are kept"
    )
    kafka_port: int | None = Field(
        default=None,
        ge=1,
        le=65_535,
        description="Port of the embedded broker, on loopback; unset: the one of the last start",
    )
    maven_mirror: str | None = Field(
        default=None, description="Base URL of a Maven repository to use instead of Maven Central"
    )
