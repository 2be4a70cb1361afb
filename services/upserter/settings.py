"""What the upserter reads from the environment."""

from pydantic import Field

from libs.common.settings import StageSettings, StoreSettings


class UpserterSettings(StageSettings, StoreSettings):
    """The upserter's settings: the shared ones, and how it writes."""

    qdrant_upsert_batch_size: int = Field(32, ge=1, le=4096, description="Points in an upsert")
    qdrant_concurrency: int = Field(4, ge=1, le=64, description="Upserts in flight at the same time")
