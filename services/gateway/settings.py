"""What the gateway reads from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from libs.common.callbacks import parse_keys, parse_origin
from libs.common.settings import FilesSettings, MLSettings, StageSettings, StoreSettings
from libs.common.sources.roots import is_loopback
from libs.common.stages import GATEWAY

STAGE = GATEWAY.name


class GatewaySettings(StageSettings, StoreSettings, MLSettings, FilesSettings):
    """The gateway's settings: the shared ones, and who may call it."""

    api_key: SecretStr | None = Field(None, description="Asked of every request as x-api-key; unset: none")
    api_keys_file: Path | None = Field(
        None, description="More keys, with names and scopes (docs/security.md); read again when it changes"
    )
    audit_days: float = Field(
        365, gt=0, description="How long the audit log in DATA_DIR/audit is kept, in days"
    )
    allow_open: bool = Field(
        False, description="Whether HOST may be no loopback address although no API_KEY is set"
    )
    qdrant_timeout_seconds: int = Field(
        8,
        ge=1,
        le=600,
        description="How long an answer of Qdrant may take; clients give up on a request after 10 s",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        ("http://localhost:3000", "http://127.0.0.1:3000"),
        description="Origins whose pages may call the gateway, comma-separated",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Names this service answers to, comma-separated; unset: see HOST"
    )
    upload_mb: int = Field(20_000, ge=1, description="Largest upload in one request, in MB")
    upload_files: int = Field(200_000, ge=1, description="Most files of an upload in one request")
    upload_folders: int = Field(20_000, ge=1, description="Most folders of an upload in one request")
    upload_keep_free_mb: int = Field(
        500, ge=0, description="What uploads leave free on their disk, in MB; also 2 % of its inodes"
    )
    job_keep_days: float = Field(30, gt=0, description="How long what a finished job did can be asked for")
    metric_labels: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        max_length=5,
        description="Labels of jobs that metrics tell apart, comma-separated; those of few values, at most 5",
    )
    callback_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Servers that the ends of jobs may be reported to, comma-separated: `hooks.example.com` "
        "and `hooks.example.com:8443` by https, `http://10.0.0.5:9000` as written; unset: none",
    )
    callback_private: bool = Field(
        False, description="Whether names in CALLBACK_HOSTS may lead to private addresses"
    )
    callback_secret: SecretStr | None = Field(
        None,
        description="Signs what is reported: base64 of 24 to 64 random bytes; two, comma-separated, while "
        "it is changed",
    )
    callback_tries: int = Field(
        8, ge=1, le=100, description="How often the end of a job is reported before that is given up"
    )
    callback_pause_seconds: float = Field(
        5.0,
        gt=0,
        le=3600,
        description="Pause after the first failure; four times as long after each, up to 1 h",
    )
    archive_enabled: bool | None = Field(
        None, description="Whether files may be moved into archive folders; unset: only on loopback"
    )
    search_image_mb: int = Field(100, ge=1, le=2000, description="Largest image to search by, in MB")

    @model_validator(mode="after")
    def _signed(self) -> "GatewaySettings":
        origins, keys = tuple(map(parse_origin, self.callback_hosts)), self.callback_keys
        if origins and not keys:
            raise ValueError("CALLBACK_HOSTS needs a CALLBACK_SECRET: `openssl rand -base64 32` makes one")
        return self

    @property
    def callback_keys(self) -> tuple[bytes, ...]:
        """What the reports of jobs' ends are signed with."""
        return parse_keys(self.callback_secret.get_secret_value()) if self.callback_secret else ()

    @field_validator("cors_origins", "allowed_hosts", "metric_labels", "callback_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())

    @property
    def is_open(self) -> bool:
        """Whether any machine that reaches this one may call, without a key."""
        return self.api_key is None and self.api_keys_file is None and not is_loopback(self.host)

    @property
    def may_archive(self) -> bool:
        """Whether files may be moved: anyone who can call this service can have them moved."""
        return is_loopback(self.host) if self.archive_enabled is None else self.archive_enabled

    @property
    def archives(self) -> Path:
        """Where the journals are."""
        return self.archive_dir or self.data_dir / "archives"

    @property
    def hosts(self) -> tuple[str, ...] | None:
        """The names in a Host header that are ours; None means that any will do.

        On loopback only this machine's own names are, unless ALLOWED_HOSTS says otherwise: else a page
        could have its own name resolve to this machine.
        """
        if self.allowed_hosts:
            return self.allowed_hosts
        return ("localhost", "127.0.0.1", "::1", self.host) if is_loopback(self.host) else None
