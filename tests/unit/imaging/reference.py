"""The slow, plain way to the same picture: decode all of it, transpose, to sRGB, resize."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps


def plain(data: bytes, size: tuple[int, int]) -> NDArray[np.float64]:
    """The picture in `data` as upright RGB at `size`, values 0 to 255."""
    with Image.open(io.BytesIO(data)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
        if profile := image.info.get("icc_profile"):
            ImageCms.profileToProfile(
                upright, io.BytesIO(profile), ImageCms.createProfile("sRGB"), inPlace=True
            )
        return np.asarray(upright.resize(size, Image.Resampling.LANCZOS), dtype=float)


def pixels(jpeg: bytes) -> NDArray[np.float64]:
    """A JPEG's RGB values, 0 to 255."""
    with Image.open(io.BytesIO(jpeg)) as image:
        assert image.format == "JPEG"
        assert image.mode == "RGB"
        return np.asarray(image, dtype=float)


def difference(jpeg: bytes, expected: NDArray[np.float64]) -> float:
    """Mean absolute difference in grey levels."""
    return float(np.abs(pixels(jpeg) - expected).mean())
