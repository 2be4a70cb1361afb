"""What the captioner reads from the environment."""

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from libs.common.settings import StageSettings
from libs.common.sources.roots import is_loopback

PROMPT = (
    "Describe this photo in one or two plain sentences: who or what is there, what happens, where. "
    "Say only what can be seen. Answer with the description alone."
)


class CaptionerSettings(StageSettings):
    """Who writes captions, and what reads texts; without either the stage says so of each picture."""

    caption_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/\s]+",
        description="OpenAI-compatible endpoint that writes captions, such as http://127.0.0.1:11434/v1",
    )
    caption_model: str = Field(default="", description="The model to ask there for captions")
    caption_prompt: str = Field(default=PROMPT, min_length=1, description="What it is asked about a picture")
    caption_key: SecretStr | None = Field(default=None, description="Its API key, if it wants one")
    caption_concurrency: int = Field(
        default=1, ge=1, le=256, description="Pictures asked about at once; more than one slows a CPU down"
    )
    caption_timeout_seconds: float = Field(
        default=120.0, gt=0, le=3600, description="How long one caption may take"
    )
    caption_allow_remote: bool = Field(
        default=False, description="Whether photos may be sent to a CAPTION_URL on another machine"
    )
    text_model: Literal["off", "rapidocr"] = Field(
        default="off", description="What reads the text in pictures: rapidocr, where it is installed"
    )

    @model_validator(mode="after")
    def _stays_here(self) -> Self:
        host = urlsplit(self.caption_url).hostname if self.caption_url else None
        if host is not None and not self.caption_allow_remote and not is_loopback(host):
            raise ValueError(
                f"CAPTION_URL sends photos to {host}: set CAPTION_ALLOW_REMOTE=true if they may leave this "
                "machine"
            )
        if self.caption_url and not self.caption_model:
            raise ValueError("CAPTION_URL needs CAPTION_MODEL, the model to ask for")
        return self
