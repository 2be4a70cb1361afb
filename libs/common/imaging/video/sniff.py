"""What a video is, told by its beginning alone."""

from typing import Literal, NamedTuple, get_args

from libs.common.imaging.containers import boxes

VideoFormat = Literal["MOV", "MP4", "3GP", "AVI", "MKV", "MTS", "WMV", "MPG"]
VIDEO_FORMATS = frozenset(get_args(VideoFormat))

_OLD_QUICKTIME = frozenset((b"moov", b"mdat", b"wide", b"skip", b"free", b"pnot"))
_BRANDS = (b"iso", b"mp4", b"avc", b"M4V", b"MSN", b"dash", b"f4v", b"XAV", b"mmp", b"cmf", b"M4A ")
_SYNC, _TS_PACKET = 0x47, 188
_TIMECODE = 4
"""Bytes before each packet of a transport stream where it was made for a disc, as cameras make it."""
_STILL = frozenset((b"heic", b"heix", b"mif1", b"mif2", b"msf1", b"avif", b"avis", b"crx "))


class Video(NamedTuple):
    """The format's name, and FFmpeg's name of what reads it: it is never left to guess."""

    format: VideoFormat
    reader: str


_BY_BEGINNING = (
    (b"\x1a\x45\xdf\xa3", Video("MKV", "matroska")),
    (bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), Video("WMV", "asf")),
    (b"\0\0\1\xba", Video("MPG", "mpeg")),
)


def sniff_video(head: bytes) -> Video | None:
    """The format of a file that begins with these HEAD_BYTES; None if it is no video that is read."""
    if head[4:8] == b"ftyp":
        return _by_brand(boxes.brands(head))
    if head[4:8] in _OLD_QUICKTIME:
        return Video("MOV", "mov")
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return Video("AVI", "avi")
    for begins, video in _BY_BEGINNING:
        if head.startswith(begins):
            return video
    return Video("MTS", "mpegts") if _is_transport_stream(head) else None


def _is_transport_stream(head: bytes) -> bool:
    """Whether its first three packets begin where they should: the sign itself is a mere letter."""
    return any(head[before :: before + _TS_PACKET][:3] == bytes((_SYNC,)) * 3 for before in (0, _TIMECODE))


def _by_brand(brands: list[bytes]) -> Video | None:
    major = brands[0] if brands else b""
    if major == b"qt  ":
        return Video("MOV", "mov")
    if major.startswith((b"3gp", b"3g2", b"3ge")):
        return Video("3GP", "mov")
    if major in _STILL or not any(brand.startswith(_BRANDS) for brand in brands):
        return None
    return Video("MP4", "mov")
