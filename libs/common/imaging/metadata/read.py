"""All that a file says of its picture, in one piece."""

import logging
from collections.abc import Callable
from functools import partial
from typing import TypeVar

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
    return filled(_measurements(measured), filled(written, measured))


def _measurements(measured: Metadata) -> Metadata:
    """Without the words, which are better where XMP has them."""
    return Metadata(
        taken_at=measured.taken_at,
        taken_local=measured.taken_local,
        location=measured.location,
        altitude_m=measured.altitude_m,
        camera=measured.camera,
        lens=measured.lens,
        iso=measured.iso,
        f_number=measured.f_number,
        exposure_s=measured.exposure_s,
        focal_mm=measured.focal_mm,
    )


def _read(reader: Callable[[SourceT], Metadata], source: SourceT) -> Metadata:
    try:
        return reader(source)
    except Exception as error:  # noqa: BLE001 - damaged metadata does not make a photo worse
        log.debug("metadata left out: %s", error)
        return Metadata()
