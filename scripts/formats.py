"""Writes the measured part of docs/formats.md: `python -m scripts.formats`. Needs the extra dev, and exiftool
for the table of what is read.
"""

import io
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import av
import imagecodecs
import numpy as np
import PIL
import pillow_heif
import rawpy
import tifffile
from numpy.typing import NDArray
from PIL import features

from libs.common.imaging.containers.sniff import HEAD_BYTES
from libs.common.imaging.limits import Limits
from libs.common.imaging.metadata import packets
from libs.common.imaging.metadata.exif import exif_of
from libs.common.imaging.metadata.packets import Packets
from libs.common.imaging.metadata.read import metadata_of
from libs.common.imaging.normalise import NormalisedImage, normalise, normalise_video
from libs.common.imaging.quiet import quiet_decoders
from libs.common.imaging.video.sniff import sniff_video
from tests.support import exiftool, photos
from tests.support.videos import video
from tests.unit.imaging.metadata import samples as metadata_samples
from tests.unit.imaging.metadata import test_against_exiftool as against
from tests.unit.imaging.test_photoshop import CMYK, RGB, psd

PAGE = Path(__file__).resolve().parent.parent / "docs" / "formats.md"
MARK = "<!-- From here on made by `python -m scripts.formats` -->\n"
SIZE = (4000, 3000)
RUNS = 3
READS, READ_RUNS = 20, 60

PILLOW = f"Pillow {PIL.__version__}"
TIFFFILE = f"tifffile {tifffile.__version__}, imagecodecs {imagecodecs.__version__}"
LIBRAW = f"rawpy, LibRaw {'.'.join(map(str, rawpy.libraw_version))}"


class Sample(NamedTuple):
    """A file of 12 megapixels, and what decodes it."""

    format: str
    variant: str
    decoder: str
    make: Callable[[], bytes]


def samples() -> list[Sample]:
    """One of each kind."""
    scene = photos.scene(*SIZE)
    shares = (np.asarray(scene) / np.float32(255)).astype(np.float32)
    planes, deep = shares.transpose(2, 0, 1), (shares * 65535).astype(np.uint16)
    ink = np.concatenate([planes, np.ones((1, *planes.shape[1:]), np.float32)])
    turbo = f"{PILLOW}, libjpeg-turbo {features.version('libjpeg_turbo')}"
    heif = f"pillow-heif {pillow_heif.__version__}, libheif {pillow_heif.libheif_version()}"
    made: list[tuple[str, str, str, Callable[[], bytes]]] = [
        ("JPEG", "baseline", f"{turbo}, at 1/2 to 1/8", partial(photos.jpeg, *SIZE)),
        ("JPEG", "progressive", turbo, partial(photos.encoded, scene, "JPEG", progressive=True)),
        ("JPEG", "12 bits", "imagecodecs", partial(_jpeg_of_12_bits, deep)),
        ("PNG", "8 bits", f"{PILLOW}, zlib-ng {features.version('zlib_ng')}", partial(photos.png, *SIZE)),
        ("WEBP", "lossy", f"{PILLOW}, libwebp {features.version('webp')}", partial(photos.webp, *SIZE)),
        ("TIFF", "8 bits", f"{PILLOW}, libtiff {features.version('libtiff')}", partial(photos.tiff, *SIZE)),
        ("TIFF", "BigTIFF", PILLOW, partial(photos.encoded, scene, "TIFF", big_tiff=True)),
        ("TIFF", "16 bits in planes", TIFFFILE, partial(_tiff, deep.transpose(2, 0, 1), "separate")),
        ("TIFF", "float", TIFFFILE, partial(_tiff, shares, "contig")),
        ("BMP", "24 bits", PILLOW, partial(photos.bmp, *SIZE)),
        ("GIF", "first frame", PILLOW, partial(photos.gif, *SIZE)),
        ("PSD", "8 bits, runs", "Sluice, imagecodecs", partial(psd, planes, RGB, compression=1)),
        ("PSD", "PSB, CMYK, 16 bits", "Sluice", partial(psd, ink, CMYK, depth=16, version=2)),
        ("JPEG2000", "reversible", f"{PILLOW}, OpenJPEG", partial(photos.encoded, scene, "JPEG2000")),
        ("HEIC", "8 bits", heif, partial(photos.heic, *SIZE)),
        ("AVIF", "8 bits", f"{PILLOW}, libavif {features.version('avif')}", partial(photos.avif, *SIZE)),
        ("JXL", "lossy", "pillow-jxl-plugin, libjxl", partial(photos.jxl, *SIZE)),
        ("DNG", "with a preview", LIBRAW, partial(photos.dng_with_preview, photos.scene(1600, 1200), *SIZE)),
        ("DNG", "without", LIBRAW, partial(photos.dng, *SIZE)),
        ("MP4", "MPEG-4, 3 frames", f"PyAV {av.__version__}, FFmpeg", partial(video, [scene] * 3)),
    ]
    return [Sample(*each) for each in made]


def _jpeg_of_12_bits(deep: NDArray[np.uint16]) -> bytes:
    return bytes(imagecodecs.jpeg_encode(deep >> 4, bitspersample=12))


def _tiff(pixels: NDArray[Any], planar: str) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, pixels, photometric="rgb", planarconfig=planar)
    return out.getvalue()


def cpu_ms(work: Callable[[], object], times: int = 1, runs: int = RUNS) -> float:
    """The least milliseconds of processor time that the work took."""
    taken = []
    for _ in range(runs):
        began = time.process_time()
        for _ in range(times):
            work()
        taken.append((time.process_time() - began) / times)
    return 1000 * min(taken)


def normalised(data: bytes) -> NormalisedImage:
    """As a decoder of the pipeline does it."""
    film = sniff_video(data[:HEAD_BYTES])
    if film is not None:
        return normalise_video(io.BytesIO(data), film, Limits())
    return normalise(data, Limits(gif=True))


def decode_rows() -> list[str]:
    """The table of decoders, a row at a time."""
    rows = ["| Format | Variant | MB | Decoder | ms |", "|---|---|---:|---|---:|"]
    for sample in samples():
        data = sample.make()
        found = normalised(data)
        if found.format != sample.format:
            raise ValueError(f"{sample.variant} is no {sample.format}")
        row = (
            *sample[:2],
            f"{len(data) / 1e6:.1f}",
            sample.decoder,
            f"{cpu_ms(partial(normalised, data)):.0f}",
        )
        rows.append(f"| {' | '.join(row)} |")
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def metadata_ms() -> tuple[float, float, float]:
    """Milliseconds of reading all metadata of a JPEG with EXIF alone and with XMP, and of the same JPEG's
    decoding.
    """
    scene = photos.scene(*SIZE)
    whole = photos.encoded(
        scene, "JPEG", quality=90, exif=metadata_samples.exif(), xmp=metadata_samples.xmp()
    )
    exif = Packets(metadata_samples.exif().tobytes())
    both = packets.of_jpeg(whole)
    reads = [cpu_ms(partial(_read, each), READS, READ_RUNS) for each in (exif, both)]
    return reads[0], reads[1], cpu_ms(partial(normalised, whole))


def _read(found: Packets) -> object:
    return metadata_of(found), exif_of(found.exif)


def read_rows() -> list[str]:
    """What is read as exiftool does."""
    with tempfile.TemporaryDirectory() as folder:
        return against.compared(against.written(Path(folder))).table().splitlines()


def page() -> str:
    """The measured part."""
    decoded = "\n".join(decode_rows())
    exif, both, decoding = metadata_ms()
    read = "\n".join(read_rows()) if exiftool.is_here() else "exiftool was not there."
    cores, load = os.cpu_count(), os.getloadavg()[0]
    return f"""{MARK}
## What it takes

12 megapixels (4000 x 3000): decode, shrink to 448 pixels, thumbnail, metadata, encode. Processor time of one
process, the least of {RUNS} runs, on {cores} cores with a load of {load:.0f}. With more at work than there
are cores a process takes up to 2.5 times the processor time that it takes alone: compare the rows.

{decoded}

Reading all metadata of a JPEG, fields and `exif_` texts: {exif:.2f} ms with EXIF, {both:.2f} ms with EXIF and
XMP, where decoding the same JPEG took {decoding:.0f} ms, in the same run.

## Read as exiftool reads it

Files in which exiftool set every field of a group, in two sets of values
(`tests/unit/imaging/metadata/test_against_exiftool.py`):

{read}
"""


def main() -> None:
    """Write the page's measured part again."""
    quiet_decoders()
    made = page()
    PAGE.write_text(PAGE.read_text(encoding="utf-8").split(MARK)[0] + made, encoding="utf-8")


if __name__ == "__main__":
    main()
