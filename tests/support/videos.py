"""Videos for tests, of pictures that are given."""

import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
from PIL import Image

RATE = 10
"""Frames in a second."""


_CODECS = {"webm": "libvpx-vp9", "asf": "wmv2", "mpeg": "mpeg2video", "mpegts": "mpeg2video"}


def video(
    frames: list[Image.Image],
    kind: str = "mp4",
    tags: dict[str, str] | None = None,
    every: int = 1,
    options: dict[str, str] | None = None,
) -> bytes:
    """A video of these pictures, each shown for a tenth of a second; `every` how many stand alone."""
    out = io.BytesIO()
    if tags and kind in ("mov", "mp4"):
        options = {"movflags": "use_metadata_tags"}
    with av.open(out, "w", format=kind, options=options or {}) as container:
        container.metadata.update(tags or {})
        codec = _CODECS.get(kind, "mpeg4")
        stream: Any = container.add_stream(codec, rate=RATE)
        stream.width, stream.height = frames[0].size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.bit_rate = 4_000_000
        stream.codec_context.gop_size = every
        stream.codec_context.time_base = Fraction(1, RATE)
        for frame in frames:
            container.mux(stream.encode(_frame(frame)))
        container.mux(stream.encode(None))
    return out.getvalue()


def _frame(picture: Image.Image) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.asarray(picture), "rgb24")
