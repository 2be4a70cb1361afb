"""A folder with an exported CLIP or SigLIP, laid out as immich publishes its models.

`config.json`, `visual/{model.onnx, preprocess_cfg.json}`, `textual/{model.onnx, tokenizer.json,
tokenizer_config.json}`.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from libs.common.errors import Code, SluiceError
from libs.common.unreadable import UNREADABLE
from services.ml.models.lock import read_lock

FILES = (
    "config.json",
    "visual/model.onnx",
    "visual/preprocess_cfg.json",
    "textual/model.onnx",
    "textual/tokenizer.json",
    "textual/tokenizer_config.json",
)

StructT = TypeVar("StructT", bound=Struct)


class Preprocess(Struct, frozen=True):
    """How a picture becomes the pixels that the model was trained on."""

    size: int | list[int] = 224
    mean: list[float] = msgspec.field(default_factory=lambda: [0.48145466, 0.4578275, 0.40821073])
    std: list[float] = msgspec.field(default_factory=lambda: [0.26862954, 0.26130258, 0.27577711])
    interpolation: Literal["bicubic", "bilinear", "nearest", "lanczos", "random"] = "bicubic"
    resize_mode: Literal["shortest", "squash", "longest"] = "shortest"

    @property
    def side(self) -> int:
        """Pixels a side of the square."""
        return self.size if isinstance(self.size, int) else self.size[0]


class TokenizerOptions(Struct, frozen=True):
    """What open_clip hands to the tokenizer."""

    clean: str | None = None


class TextConfig(Struct, frozen=True):
    """The text tower."""

    context_length: int = 77
    tokenizer_kwargs: TokenizerOptions = TokenizerOptions()


class Config(Struct, frozen=True):
    """The model."""

    embed_dim: int
    text_cfg: TextConfig = TextConfig()


class _TokenizerConfig(Struct, frozen=True):
    pad_token: str | dict[str, object]


@dataclass(frozen=True, slots=True)
class ClipFolder:
    """A folder whose settings have been read. `model` names its vectors: name@commit, or name@hash."""

    path: Path
    model: str
    config: Config
    preprocess: Preprocess
    pad_token: str

    @classmethod
    def read(cls, path: Path) -> "ClipFolder":
        """SluiceError model_unavailable where something is missing or not understood. Hashes 600 MB once."""
        missing = [name for name in FILES if not (path / name).is_file()]
        if missing:
            raise _unavailable(f"{path} is no exported CLIP model: {', '.join(missing)} missing")
        tokenizer = _read(path / "textual" / "tokenizer_config.json", _TokenizerConfig)
        pad = tokenizer.pad_token
        return cls(
            path,
            _name(path),
            _read(path / "config.json", Config),
            _read(path / "visual" / "preprocess_cfg.json", Preprocess),
            pad if isinstance(pad, str) else str(pad.get("content", "")),
        )

    @property
    def visual(self) -> Path:
        """The picture tower."""
        return self.path / "visual" / "model.onnx"

    @property
    def textual(self) -> Path:
        """The text tower."""
        return self.path / "textual" / "model.onnx"


def _name(path: Path) -> str:
    lock = read_lock(path)
    if lock is not None:
        return f"{lock.name}@{lock.commit[:12]}"
    digest = hashlib.sha256()
    for tower in ("visual", "textual"):
        with (path / tower / "model.onnx").open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"{path.resolve().name}@{digest.hexdigest()[:12]}"


def _read(path: Path, kind: type[StructT]) -> StructT:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except UNREADABLE as error:
        raise _unavailable(f"{path} is not understood: {error}") from error


def _unavailable(detail: str) -> SluiceError:
    return SluiceError(Code.MODEL_UNAVAILABLE, detail)
