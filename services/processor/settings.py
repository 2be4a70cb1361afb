"""What the processor reads from the environment."""

import os
from pathlib import Path

from pydantic import Field

from libs.common.imaging.limits import Limits
from libs.common.settings import FilesSettings, StageSettings
from services.processor.decoding.pool import MEMORY_BYTES


class ProcessorSettings(StageSettings, FilesSettings):
    """The processor's settings: the shared ones, how it decodes, and how much it remembers."""

    image_size: int = Field(
        448, ge=32, le=1792, description="Short side of pictures, if the model does not say"
    )
    decode_workers: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, le=256, description="Decoder processes"
    )
    decode_timeout_seconds: float = Field(
        60.0,
        gt=0,
        le=3600,
        description="Time limit for one file: what its decoder computes, and five times that by the clock",
    )
    decode_memory_bytes: int = Field(
        MEMORY_BYTES, ge=1 << 28, description="Memory of one decoder process; pictures that need more fail"
    )
    max_pixels: int = Field(500_000_000, ge=1, description="Pictures with more pixels fail")
    max_file_bytes: int = Field(1 << 30, ge=1, description="Larger files fail")
    cache_size_bytes: int = Field(
        4 << 30, ge=1 << 20, description="Size of the cache; the oldest entries make room"
    )

    @property
    def cache_dir(self) -> Path:
        """Where the cache lies."""
        return self.data_dir / "processor" / "cache"

    @property
    def limits(self) -> Limits:
        """How large pictures may be, and get."""
        return Limits(short_side=self.image_size, max_pixels=self.max_pixels, gif=self.accept_gif)
