"""Settings that several services share. Each service's own `settings.py` adds to these.

Field names are the names in the environment, in lower case. Nothing is read on import: a class reads the
environment when it is instantiated, which only `__main__` modules and lifespans do.
"""

import os
import re
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from libs.common.store.protocol import Distance
from sluice.files.passed_over import ARCHIVES

LogFormat = Literal["text", "json"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

_BETWEEN_ROOTS = re.compile(f"{re.escape(os.pathsep)}(?!//)")
"""Not the colon of a URI's scheme."""


class EnvSettings(BaseSettings):
    """How every settings class reads the environment: an empty value counts as unset."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)


class StageSettings(EnvSettings):
    """What every stage needs: the broker, a place for its own data, a name."""

    kafka_bootstrap_servers: str = Field("localhost:9092", description="Kafka brokers, host:port,...")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="How to talk to the brokers"
    )
    kafka_ssl_cafile: Path | None = Field(None, description="CA certificates (PEM) for TLS brokers")
    kafka_ssl_certfile: Path | None = Field(None, description="Client certificate (PEM)")
    kafka_ssl_keyfile: Path | None = Field(None, description="Client key (PEM)")
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "PLAIN", description="SASL mechanism"
    )
    kafka_sasl_username: str | None = Field(None, description="SASL user")
    kafka_sasl_password: SecretStr | None = Field(None, description="SASL password")
    kafka_session_seconds: float = Field(
        10.0, ge=6, le=300, description="After how long without a sign of life a killed replica is replaced"
    )
    leave_after_seconds: float = Field(
        30.0,
        gt=0,
        le=3600,
        description="How long a replica that cannot work keeps its partitions while another of its stage can",
    )
    topic_prefix: str = Field(
        "", pattern=r"^[A-Za-z0-9._-]*$", description="Put before every topic and group name"
    )
    topic_partitions: int = Field(12, ge=1, le=1000, description="Partitions of each spread topic")
    topic_replication: int = Field(1, ge=1, le=10, description="Replicas of each topic")
    topic_min_insync: int = Field(
        1,
        ge=1,
        le=10,
        description="Replicas that must have a record before it counts; of topics that Sluice makes",
    )
    data_dir: Path = Field(Path("data"), description="Where this replica keeps its own data")
    instance: str = Field(
        default_factory=socket.gethostname, description="This replica's name, the same after a restart"
    )
    log_level: LogLevel = Field("INFO", description="Log level")
    log_format: LogFormat = Field("text", description="Lines of the log: text, or a JSON object each")
    trace_ratio: float = Field(
        0.0, ge=0, le=1, description="Share of files whose way is traced with OpenTelemetry; 0: none"
    )
    trace_file: Path | None = Field(
        None, description="Spans go there as lines of JSON; unset: to OTEL_EXPORTER_OTLP_ENDPOINT, by OTLP"
    )
    health_port: int | None = Field(
        None, ge=1, le=65535, description="A stage's port for /livez, /readyz and /metrics; unset: none"
    )
    drain_seconds: float = Field(
        15.0, gt=0, le=600, description="How long a stop may take before the process leaves regardless"
    )

    @field_validator("kafka_bootstrap_servers")
    @classmethod
    def _with_ports(cls, servers: str) -> str:
        for server in servers.split(","):
            _, colon, port = server.strip().rpartition(":")
            if colon and not port.isdigit() and not server.strip().endswith("]"):
                raise ValueError("write it as host:port,host:port")
        return servers


class StoreSettings(EnvSettings):
    """Where the vector store is, and the shape of new collections."""

    qdrant_host: str = Field("localhost", description="Qdrant host")
    qdrant_port: int = Field(6333, ge=1, le=65535, description="Qdrant HTTP port")
    qdrant_api_key: SecretStr | None = Field(None, description="Qdrant API key")
    qdrant_timeout_seconds: int = Field(
        30, ge=1, le=600, description="How long an answer of Qdrant may take; then it counts as away"
    )
    qdrant_https: bool = Field(False, description="Use TLS towards Qdrant")
    qdrant_vector_size: int | None = Field(
        None,
        ge=1,
        le=65536,
        description="Vector size of new collections; unset: the model's, or 512",
    )
    qdrant_shards: int | None = Field(
        None, ge=1, le=1000, description="Shards of new collections; unset: one for each node of Qdrant"
    )
    qdrant_replication: int | None = Field(
        None, ge=1, le=100, description="Replicas of each shard of new collections; unset: one"
    )
    qdrant_distance_metric: Distance = Field("Cosine", description="Metric of new collections")


class MLSettings(EnvSettings):
    """Where the ML inference service is."""

    ml_inference_service_url: str = Field("http://localhost:8001", description="ML service, base URL")
    ml_api_key: SecretStr | None = Field(None, description="Sent to the ML service as x-api-key")

    @field_validator("ml_inference_service_url")
    @classmethod
    def _without_trailing_slash(cls, url: str) -> str:
        return url.rstrip("/")

    @property
    def ml_shown(self) -> str:
        """The ML service's address for people: without a name and password that it may hold."""
        return without_password(self.ml_inference_service_url)


def without_password(url: str) -> str:
    """The URL as anybody may read it."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}" if separator else url


class FilesSettings(EnvSettings):
    """Which folders may be read, and how clients' paths become ours."""

    scan_roots: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Folders and URIs (s3://bucket/photos) that may be ingested, separated as in PATH; "
        "unset: see HOST",
    )
    path_map: Annotated[tuple[tuple[str, str], ...], NoDecode] = Field(
        (), description="Clients' path prefixes and ours: C:/=/mnt/c/;D:/=/mnt/d/"
    )
    upload_dir: Path = Field(Path("data/uploads"), description="Where uploads are kept; always a root")
    archive_dir: Path | None = Field(
        None,
        description="Where journals of moved files are kept indefinitely, one folder for all replicas; "
        "unset: in DATA_DIR",
    )
    duplicates_folder: str = Field(
        ARCHIVES[0],
        pattern=r"^[^./\\*][^/\\*]{0,99}$",
        description="Name of the folders next to photos that archived copies go to; no scan enters them",
    )
    pass_over: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        validate_default=True,
        description="Names of further folders that no scan enters, separated by commas; `name*` too",
    )
    protected_folders: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Folders whose files are always kept and never moved, separated as in PATH"
    )
    s3_endpoint_url: str | None = Field(
        None, description="S3-compatible store (MinIO, Ceph); unset: AWS_ENDPOINT_URL, or AWS itself"
    )
    allowed_hosts_fetch: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Hosts that manifests may have https:// files fetched from, separated by commas"
    )
    fetch_seconds: float = Field(
        60.0, gt=0, le=3600, description="Time limit for fetching one object or file, tries included"
    )
    fetch_max_bytes: int = Field(1 << 30, ge=1, description="Larger objects and files are not fetched")
    accept_gif: bool = Field(False, description="Whether GIFs are pictures too, by their first frame")
    accept_video: bool = Field(True, description="Whether videos are pictures too, by one of their frames")
    host: str = Field("127.0.0.1", description="Address the gateway listens on")
    port: int = Field(8002, ge=1, le=65535, description="Port the gateway listens on")

    @property
    def root_folders(self) -> tuple[Path, ...]:
        """Those of SCAN_ROOTS that are folders."""
        return tuple(Path(root) for root in self.scan_roots if "://" not in root)

    @property
    def root_uris(self) -> tuple[str, ...]:
        """Those of SCAN_ROOTS that are URIs."""
        return tuple(root.rstrip("/") for root in self.scan_roots if "://" in root)

    @field_validator("pass_over", "allowed_hosts_fetch", mode="before")
    @classmethod
    def _split_names(cls, value: object) -> object:
        return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value

    @field_validator("pass_over")
    @classmethod
    def _with_archived(cls, names: tuple[str, ...], known: ValidationInfo) -> tuple[str, ...]:
        """Copies in a folder of another name than the default are archived all the same."""
        folder = known.data.get("duplicates_folder", ARCHIVES[0])
        return names if folder in (*ARCHIVES, *names) else (*names, folder)

    @field_validator("protected_folders", mode="before")
    @classmethod
    def _split_folders(cls, value: object) -> object:
        return tuple(filter(None, value.split(os.pathsep))) if isinstance(value, str) else value

    @field_validator("scan_roots", mode="before")
    @classmethod
    def _split_roots(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(filter(None, _BETWEEN_ROOTS.split(value)))
        return tuple(map(str, value)) if isinstance(value, Iterable) else value

    @field_validator("path_map", mode="before")
    @classmethod
    def _split_map(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [pair.partition("=") for pair in value.split(";") if pair]
        if any(not (theirs and equals and ours) for theirs, equals, ours in pairs):
            raise ValueError("write it as theirs=ours;theirs=ours")
        return tuple((theirs, ours) for theirs, _, ours in pairs)
