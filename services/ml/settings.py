"""What the ML service reads from the environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from libs.common.settings import EnvSettings, LogFormat
from services.ml.runtime.choices import DeviceChoice, PrecisionChoice


class MLServiceSettings(EnvSettings):
    """Where the ML service listens and what it takes. It needs neither broker nor store."""

    host: str = Field(default="127.0.0.1", description="Address the ML service listens on")
    port: int = Field(
        default=8001, ge=0, le=65535, description="Port the ML service listens on; 0: any free one"
    )
    ml_api_key: SecretStr | None = Field(
        default=None, description="Required as x-api-key from clients, if set"
    )
    ml_model: str = Field(
        default="lite", description="lite, labels, a model's name (`sluice models list`), or its folder"
    )
    ml_models_dir: Path = Field(default=Path("data/models"), description="Where fetched models are kept")
    ml_safe_batch: int | None = Field(
        default=None, ge=1, le=4096, description="Images a batch; unset: found when the model is loaded"
    )
    ml_idle_seconds: float | None = Field(
        default=None, gt=0, description="The model leaves memory after so long without work; unset: never"
    )
    ml_threads: int | None = Field(
        default=None,
        ge=1,
        le=1024,
        description="Threads that prepare and compute; unset: one a core",
    )
    ml_device: DeviceChoice = Field(
        default="auto", description="What the model computes on; auto: the best but tensorrt that is here"
    )
    ml_precision: PrecisionChoice = Field(
        default="auto", description="auto: float16 where a measurement finds it faster, and alike"
    )
    ml_max_body_mb: int = Field(default=256, ge=1, le=65536, description="Largest request body in MB")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Log level")
    log_format: LogFormat = Field(default="text", description="Lines of the log: text, or a JSON object each")
