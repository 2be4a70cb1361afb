"""What the dashboard reads from the environment."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from libs.common.settings import EnvSettings, LogFormat, LogLevel


class DashboardSettings(EnvSettings):
    """The gateway that it shows, and where it listens."""

    gateway_url: str = Field("http://localhost:8002", description="The gateway that the dashboard shows")
    host: str = Field("127.0.0.1", description="Address the dashboard listens on")
    port: int = Field(8003, ge=1, le=65535, description="Port the dashboard listens on")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("localhost", "127.0.0.1", "[::1]"),
        description="Names the dashboard answers to, comma-separated; `*` for any",
    )
    drain_seconds: float = Field(15.0, gt=0, le=600, description="How long a stop may take")
    log_level: LogLevel = Field("INFO", description="Log level")
    log_format: LogFormat = Field("text", description="Lines of the log: text, or a JSON object each")

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())
