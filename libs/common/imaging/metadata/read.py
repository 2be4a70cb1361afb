"""All that a file says of its picture, in one piece."""

import logging
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from msgspec.structs import replace

from libs.common.imaging.metadata import camera, iptc, xmp
from libs.common.imaging.metadata.packets import Packets
from libs.common.metadata import Metadata, filled

SourceT = TypeVar("SourceT")

log = logging.getLogger(__name__)


def metadata_of(packets: Packets) -> Metadata:
    """What EXIF, XMP and IPTC say. Words are XMP's first, then IPTC's, then EXIF's; what the camera measured
    is EXIF's first. What is damaged says nothing.
    """
    measured = _read(camera.metadata_of, packets)
    if not (packets.xmp or packets.iptc):
        return measured
    stated = _read(partial(xmp.metadata_of, known=measured), packets.xmp)
    written = filled(stated, _read(iptc.metadata_of, packets.iptc))
    if measured.taken_at and written.taken_at:  # IPTC's: XMP's is not read where EXIF has one
        written = replace(written, taken_at=None, taken_local=None)
    return filled(written, measured)


def _read(reader: Callable[[SourceT], Metadata], source: SourceT) -> Metadata:
    try:
        return reader(source)
    except Exception as error:  # noqa: BLE001 - damaged metadata does not make a photo worse
        log.debug("metadata left out: %s", error)
        return Metadata()
