"""A picture that stands for a video, and what the video says of itself, through PyAV (FFmpeg)."""

from collections.abc import Iterator
from typing import IO, Any

from msgspec import structs
from PIL import Image, ImageFilter, ImageStat

from libs.common.errors import Code, FileError
from libs.common.imaging import cicp
from libs.common.imaging.failures import check_pixels
from libs.common.imaging.orient import upright_size
from libs.common.imaging.picture import Picture
from libs.common.imaging.shrink import Bounds, shrunk
from libs.common.imaging.video.camcorders import recorded_at
from libs.common.imaging.video.sniff import Video
from libs.common.imaging.video.tags import metadata_of
from libs.common.metadata import Metadata

LOOKED_AT_S = (0.0, 1.0, 2.0, 3.5, 5.0)
"""Where in a video a picture is looked for, in seconds: fades and shaking are at its beginning."""

_LOOK_SIDE = 160
_BLACK_MEAN, _FLAT_DEVIATION = 24.0, 8.0
_MOST_FRAMES = 64
"""Frames that are decoded at one place at most, damaged ones among them."""
_ORIENTATIONS = {90: 8, 180: 3, 270: 6}
"""EXIF's orientation by the counter-clockwise turn that FFmpeg gives."""


def poster_of(file: IO[bytes], video: Video, bounds: Bounds, max_pixels: int) -> tuple[Picture, Metadata]:
    """The poster, shrunk, not yet turned, and duration, date, place and camera.

    Reads only what it needs of the file. FileError decode_failed, too_many_pixels.
    """
    import av  # noqa: PLC0415 - 60 MB that most photo libraries never need

    try:
        with av.open(
            file, format=video.reader, options={"enable_drefs": "0", "export_xmp": "1"}
        ) as container:
            return _poster(av, container, bounds, max_pixels), _stated(av, container, video)
    except (av.FFmpegError, EOFError, ValueError, IndexError) as error:
        detail = f"No picture of the {video.format} can be decoded: {_reason(error)}"
        raise FileError(Code.DECODE_FAILED, detail) from error


def _stated(av: Any, container: Any, video: Video) -> Metadata:
    found = metadata_of(container)
    if video.format != "MTS" or found.taken_at:
        return found
    frame = _frame_at(av, container, container.streams.video[0], 0.0)
    when = recorded_at(frame) if frame is not None else None
    return found if when is None else structs.replace(found, taken_at=when.at, taken_local=when.local)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error) or "it is damaged"


def _poster(av: Any, container: Any, bounds: Bounds, max_pixels: int) -> Picture:
    stream = next((stream for stream in container.streams.video), None)
    if stream is None:
        raise ValueError("it has no moving picture")
    check_pixels(stream.codec_context.width, stream.codec_context.height, max_pixels)
    stream.codec_context.thread_count = 1
    best = max(_candidates(av, container, stream), key=lambda found: found[0], default=None)
    if best is None:
        raise ValueError("it has no frame that can be decoded")
    frame = best[1]
    image = _in_shape(frame.to_image(), stream.sample_aspect_ratio)
    orientation = _ORIENTATIONS.get(round(frame.rotation) % 360, 1)
    width, height = upright_size(image.size, orientation)
    profile = cicp.profile_of((int(frame.color_primaries), int(frame.color_trc)))
    return Picture(shrunk(image, bounds.fit(image.size)), width, height, "RGB", orientation, profile)


def _candidates(av: Any, container: Any, stream: Any) -> Iterator[tuple[float, Any]]:
    """Frames of the first seconds with how much each shows."""
    seen: set[int | None] = set()
    for at in LOOKED_AT_S:
        if at and container.duration and at * av.time_base >= container.duration:
            return
        frame = _frame_at(av, container, stream, at)
        if frame is None or frame.pts in seen:
            continue
        seen.add(frame.pts)
        yield _shows(frame), frame


def _frame_at(av: Any, container: Any, stream: Any, seconds: float) -> Any:
    """The first frame from there on, or one not long before; None where none can be decoded."""
    # Cameras with discs and tapes let their clock run on from one video to the next.
    begins = (container.start_time or 0) / av.time_base
    try:
        container.seek(int((begins + seconds) * av.time_base))
    except av.FFmpegError:
        if seconds:
            return None
    # A seek ends at a picture that stands alone, which may be seconds earlier.
    decoded, last = 0, None
    packets = container.demux(stream)
    while decoded < _MOST_FRAMES and (packet := next(packets, None)) is not None:
        decoded += 1
        try:
            for frame in packet.decode():
                last = frame
                if frame.time is None or frame.time >= begins + seconds:
                    return frame
        except av.FFmpegError:
            continue
    return last


def _shows(frame: Any) -> float:
    """How sharp a frame is; less than nothing if it is black or of one colour."""
    scale = _LOOK_SIDE / max(frame.width, frame.height)
    width, height = max(2, round(frame.width * scale)), max(2, round(frame.height * scale))
    small = frame.to_image(width=width, height=height).convert("L")
    stat = ImageStat.Stat(small)
    if stat.mean[0] < _BLACK_MEAN or stat.stddev[0] < _FLAT_DEVIATION:
        return stat.stddev[0] - 1000.0
    edges: float = ImageStat.Stat(small.filter(ImageFilter.FIND_EDGES)).stddev[0]
    return edges


def _in_shape(image: Image.Image, ratio: Any) -> Image.Image:
    """With square pixels: old cameras stored others."""
    if not ratio or ratio == 1:
        return image
    return image.resize((max(1, round(image.width * float(ratio))), image.height))
