"""Whatever a picture's colours are, as the sRGB that everybody expects."""

import io
import math
from functools import lru_cache
from itertools import product

import numpy as np
from PIL import Image, ImageChops, ImageCms

_SHRINKABLE = frozenset(("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV"))
_CONVERTED = {"1": "L", "PA": "RGBA", "RGBa": "RGBA", "La": "LA"}
_SAME_WITHIN = 3
"""Grey levels by which a profile that was rounded, or measured, may differ from the one it stands for."""
_WHITE = (255, 255, 255)


def shrinkable(image: Image.Image) -> Image.Image:
    """The picture with 8-bit samples, so that it can be resampled: no palette, bitmap or 16-bit grey."""
    if "transparency" in image.info and image.mode in ("1", "L", "P", "RGB"):
        return image.convert("RGBA")
    if image.mode in _SHRINKABLE:
        return image
    if image.mode in ("I", "F"):
        return _measured(image)
    if image.mode.startswith("I;16"):
        return _of_16_bits(image)
    return image.convert(_CONVERTED.get(image.mode, "RGB"))


def srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in RGB, on white where it was transparent; `profile` is its embedded ICC profile."""
    if image.mode in ("RGBA", "LA"):
        image = _on_white(image)
    if profile or image.mode == "LAB":
        image = _through_profile(image, profile or b"")
    return image if image.mode == "RGB" else image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGB", image.size, _WHITE)
    white.paste(image.convert("RGB"), mask=image.getchannel("A"))
    return white


def _measured(image: Image.Image) -> Image.Image:
    """32-bit samples have no agreed white; 16-bit values are taken as such, others by their extremes."""
    low, high = image.getextrema()
    if not (isinstance(low, int | float) and isinstance(high, int | float)):
        raise ValueError(f"{image.mode} with several bands")  # noqa: TRY004 - the file is at fault
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError("samples that are not finite numbers")
    if image.mode == "I" and low >= 0 and high <= 65535:
        return _stretched(image, 0.0, 255.0 if high <= 255 else 65535.0)
    return _stretched(image, low, high)


def _of_16_bits(image: Image.Image) -> Image.Image:
    """With transparency where one value stands for it."""
    grey = _stretched(image.convert("I"), 0.0, 65535.0)
    key = image.info.get("transparency")
    if not isinstance(key, int):
        return grey
    return Image.merge("LA", (grey, Image.fromarray(np.where(np.asarray(image) == key, 0, 255).astype("u1"))))


def _stretched(image: Image.Image, low: float, high: float) -> Image.Image:
    scale = 255.0 / (high - low) if high > low else 0.0
    return image.point(lambda sample: sample * scale - low * scale).convert("L")


def _through_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """A profile that is damaged, or made for another kind of picture, is ignored as viewers do."""
    try:
        transform = _transform(profile, image.mode)
        return image if transform is None else transform.apply(image)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


@lru_cache(maxsize=32)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The way from a profile to sRGB; None if it is sRGB itself. Cameras share few profiles."""
    source = ImageCms.createProfile("LAB") if mode == "LAB" and not profile else io.BytesIO(profile)
    opened = ImageCms.getOpenProfile(source) if isinstance(source, io.BytesIO) else source
    if isinstance(opened, ImageCms.ImageCmsProfile) and _is_srgb(opened) and mode == "RGB":
        return None
    return ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), mode, "RGB")


def _is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    """Whether the profile does what sRGB's does; its name may say anything. A palette of colours is taken
    through it and compared.
    """
    colours = _palette()
    through = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), "RGB", "RGB").apply(colours)
    if through is None:
        return False
    extremes = ImageChops.difference(colours, through).getextrema()
    return all(isinstance(band, tuple) and band[1] <= _SAME_WITHIN for band in extremes)


@lru_cache(maxsize=1)
def _palette() -> Image.Image:
    """Colours of all kinds: six steps of red, green and blue."""
    steps = range(0, 256, 51)
    colours = b"".join(bytes(colour) for colour in product(steps, repeat=3))
    return Image.frombytes("RGB", (len(colours) // 3, 1), colours)
