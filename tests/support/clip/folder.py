"""A model's folder as immich publishes it, with the small towers in it."""

import json
from pathlib import Path
from typing import Any

import onnx

from tests.support.clip.tokenizer import END, clip_tokenizer
from tests.support.clip.towers import DIMENSION, LENGTH, MEAN, SIDE, STD, Towers


def make_folder(path: Path, towers: Towers, *, clean: str | None = None, **preprocess: Any) -> Path:
    """The folder; `preprocess` changes preprocess_cfg.json, `clean` is open_clip's tokenizer option."""
    (path / "visual").mkdir(parents=True)
    (path / "textual").mkdir()
    text: dict[str, Any] = {"context_length": LENGTH, "vocab_size": 49408}
    if clean:
        text["tokenizer_kwargs"] = {"clean": clean}
    _write(path / "config.json", {"embed_dim": DIMENSION, "vision_cfg": {"layers": 1}, "text_cfg": text})
    shown = {"size": [SIDE, SIDE], "mode": "RGB", "mean": MEAN, "std": STD, "interpolation": "bicubic"}
    _write(path / "visual" / "preprocess_cfg.json", shown | {"resize_mode": "shortest"} | preprocess)
    onnx.save(towers.visual(), path / "visual" / "model.onnx")
    onnx.save(towers.textual(), path / "textual" / "model.onnx")
    clip_tokenizer().save(str(path / "textual" / "tokenizer.json"))
    _write(path / "textual" / "tokenizer_config.json", {"pad_token": END, "model_max_length": LENGTH})
    return path


def _write(path: Path, body: object) -> None:
    path.write_text(json.dumps(body))
