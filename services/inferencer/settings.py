"""What the inferencer reads from the environment."""

from pydantic import Field

from libs.common.ml.client import Timeouts
from libs.common.settings import MLSettings, StageSettings


class InferencerSettings(StageSettings, MLSettings):
    """How images are sent to the ML service."""

    ml_inference_batch_size: int = Field(
        default=128, ge=1, le=4096, description="Images a request at most; the ML service may ask for fewer"
    )
    ml_concurrency: int = Field(default=2, ge=1, le=64, description="Requests to the ML service in flight")
    ml_linger_ms: int = Field(default=50, ge=0, le=10_000, description="Wait this long to fill a batch")
    ml_timeout_seconds: float = Field(default=120.0, gt=0, description="How long an inference may take")
    ml_connect_seconds: float = Field(
        default=5.0, gt=0, description="How long a connection, or an answer to capabilities, may take"
    )
    ml_warmup_seconds: float = Field(default=600.0, gt=0, description="How long loading the models may take")
    ml_poll_seconds: float = Field(default=10.0, gt=0, description="How often capabilities are read")

    @property
    def ml_timeouts(self) -> Timeouts:
        """The time limits of calls to the ML service."""
        return Timeouts(self.ml_timeout_seconds, self.ml_connect_seconds, self.ml_warmup_seconds)
