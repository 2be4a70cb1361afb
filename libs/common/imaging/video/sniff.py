"""What a video is, told by its beginning alone."""

from typing import Literal, NamedTuple, get_args

from libs.common.imaging.containers import boxes

VideoFormat = Literal["MOV", "MP4", "3GP", "AVI", "MKV"]
VIDEO_FORMATS = frozenset(get_args(VideoFormat))

_OLD_QUICKTIME = frozenset((b"moov", b"mdat", b"wide", b"skip", b"free", b"pnot"))
_BRANDS = (b"iso", b"mp4", b"avc", b"M4V", b"MSN", b"dash", b"f4v", b"XAV", b"mmp", b"cmf", b"M4A ")
_STILL = frozenset((b"heic", b"heix", b"mif1", b"mif2", b"msf1", b"avif", b"avis", b"crx "))


class Video(NamedTuple):
    """The format's name, and FFmpeg's name of what reads it: it is never left to guess."""

    format: VideoFormat
    reader: str


def sniff_video(head: bytes) -> Video | None:
    """The format of a file that begins with these 64 bytes; None if it is no video that is read."""
    if head[4:8] == b"ftyp":
        return _by_brand(boxes.brands(head))
    if head[4:8] in _OLD_QUICKTIME:
        return Video("MOV", "mov")
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return Video("AVI", "avi")
    return Video("MKV", "matroska") if head[:4] == b"\x1a\x45\xdf\xa3" else None


def _by_brand(brands: list[bytes]) -> Video | None:
    major = brands[0] if brands else b""
    if major == b"qt  ":
        return Video("MOV", "mov")
    if major.startswith((b"3gp", b"3g2", b"3ge")):
        return Video("3GP", "mov")
    if major in _STILL or not any(brand.startswith(_BRANDS) for brand in brands):
        return None
    return Video("MP4", "mov")
