"""A camera RAW file made from a picture, since no installed package brings one along."""

import numpy as np
from numpy.typing import NDArray
from pidng.core import RAW2DNG
from pidng.defs import CFAPattern, DNGVersion, PhotometricInterpretation
from pidng.dng import DNGTags, Tag
from PIL import Image

_WHITE = 4095
# From CIE XYZ to the linear light of sRGB: the sensor's colours are simply the picture's.
_XYZ_TO_SENSOR = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570)
_PRECISION = 10_000


def dng(picture: Image.Image) -> bytes:
    """An uncompressed DNG whose sensor, RGGB of 12 bits, saw this RGB picture."""
    mosaic = _sensor(picture)
    height, width = mosaic.shape
    writer = RAW2DNG()
    writer.options(_tags(width, height), path="", compress=False)
    return bytes(writer.convert(mosaic))


def _sensor(picture: Image.Image) -> NDArray[np.uint16]:
    """What each pixel of the sensor counted, shape (height, width), both even: one colour a pixel."""
    light = (np.asarray(picture.convert("RGB"), dtype=np.float64) / 255) ** 2.2
    height, width = (side - side % 2 for side in light.shape[:2])
    light = light[:height, :width]
    mosaic = light[:, :, 1].copy()
    mosaic[0::2, 0::2] = light[0::2, 0::2, 0]
    mosaic[1::2, 1::2] = light[1::2, 1::2, 2]
    return np.rint(mosaic * _WHITE).astype(np.uint16)


def _tags(width: int, height: int) -> DNGTags:
    tags = DNGTags()
    for tag, value in (
        (Tag.ImageWidth, width),
        (Tag.ImageLength, height),
        (Tag.TileWidth, width),
        (Tag.TileLength, height),
        (Tag.Orientation, 1),
        (Tag.PhotometricInterpretation, PhotometricInterpretation.Color_Filter_Array),
        (Tag.SamplesPerPixel, 1),
        (Tag.BitsPerSample, 16),
        (Tag.CFARepeatPatternDim, [2, 2]),
        (Tag.CFAPattern, CFAPattern.RGGB),
        (Tag.BlackLevel, 0),
        (Tag.WhiteLevel, _WHITE),
        (Tag.ColorMatrix1, [[round(value * _PRECISION), _PRECISION] for value in _XYZ_TO_SENSOR]),
        (Tag.CalibrationIlluminant1, 21),
        (Tag.AsShotNeutral, [[1, 1], [1, 1], [1, 1]]),
        (Tag.Make, "Sluice"),
        (Tag.Model, "Sample camera"),
        (Tag.DNGVersion, DNGVersion.V1_4),
        (Tag.DNGBackwardVersion, DNGVersion.V1_2),
    ):
        tags.set(tag, value)
    return tags
