"""What `sluice run` reads from the environment itself; every stage reads its own settings next to it."""

from pathlib import Path

from pydantic import Field

from libs.common.settings import EnvSettings, LogFormat, LogLevel


class RunSettings(EnvSettings):
    """Everything in one process: what is unset here runs embedded."""

    kafka_bootstrap_servers: str | None = Field(None, description="Kafka brokers; unset: one is started")
    qdrant_host: str | None = Field(None, description="Qdrant host; unset: its engine runs in this process")
    ml_inference_service_url: str | None = Field(
        None, description="ML service; unset: ML_MODEL runs in this process"
    )
    ml_model: str | None = Field(
        None, description="Model of this process; unset: labels where it is installed, else lite"
    )
    ml_models_dir: Path | None = Field(None, description="Where fetched models are; unset: in DATA_DIR")
    topic_partitions: int = Field(4, ge=1, le=1000, description="Partitions of each spread topic")
    data_dir: Path = Field(Path("data"), description="Where everything is kept")
    upload_dir: Path | None = Field(None, description="Where uploads are kept; unset: in DATA_DIR")
    host: str = Field("127.0.0.1", description="Address the gateway listens on")
    port: int = Field(8002, ge=1, le=65535, description="Port the gateway listens on")
    drain_seconds: float = Field(15.0, gt=0, le=600, description="How long a stop may take")
    log_level: LogLevel = Field("WARNING", description="Log level")
    log_format: LogFormat = Field("text", description="Lines of the log: text, or a JSON object each")

    @property
    def models_dir(self) -> Path:
        """Where fetched models are."""
        return self.ml_models_dir or self.data_dir / "models"

    @property
    def base_url(self) -> str:
        """Where the gateway answers to somebody on this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
