"""What a run of the chaos proof is asked for."""

import random
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from libs.common.settings import EnvSettings

KINDS = ("kill", "term", "freeze", "join", "leave", "broker", "ml", "store", "poison")


class ChaosSettings(EnvSettings):
    """How long, over how many files, from which seed."""

    chaos_seconds: float = Field(120.0, ge=0, description="How long faults happen; draining comes on top")
    chaos_files: int = Field(20_000, ge=20, description="Files to ingest")
    chaos_seed: int = Field(
        default_factory=lambda: random.randrange(10**6), description="What chance begins with"
    )
    chaos_faults: Annotated[tuple[str, ...], NoDecode] = Field(
        KINDS, description="Kinds of faults that happen, comma-separated"
    )
    chaos_replicas: int = Field(2, ge=1, le=5, description="Replicas of each stage; one more may join")
    chaos_drain_seconds: float = Field(900.0, gt=0, description="How long the work may take after the faults")
    chaos_keep: bool = Field(False, description="Keep data and logs even if nothing was lost")

    @field_validator("chaos_faults", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        requested = tuple(filter(None, value.split(",")))
        if not requested:
            raise ValueError(f"name some of {', '.join(KINDS)}")
        if unknown := set(requested) - set(KINDS):
            raise ValueError(f"{', '.join(sorted(unknown))} is none of {', '.join(KINDS)}")
        return requested
