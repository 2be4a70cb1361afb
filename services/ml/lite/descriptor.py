"""A perceptual descriptor: 512 numbers that stay nearly the same while a photo looks the same.

Four blocks, each scaled to a weight of its own, joined and L2-normalised:

- structure, 238: the lowest frequencies of the brightness (2-D DCT of 64 x 64 pixels, mean left out),
  so that resizing and recompression, which change high frequencies, hardly count;
- colour, 2 x 72: the lowest frequencies of Cb and Cr, zero for a grey image;
- gradients, 4 x 4 cells x 8 orientations: edges counted softly in space and angle (as in HOG, Dalal and
  Triggs 2005), which tolerate small shifts;
- tone, 2: the mean brightness as a point on a quarter circle, which keeps plain images apart and every
  vector longer than zero.

The weights and the decay were chosen so that a crop of 3 % on each side stays nearer to its photo than the
other picture of a stereo pair is (margin 0.03 in cosine on the photos of the tests).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.ml.engine.backend import Vector
from services.ml.lite.picture import SIDE

DIMENSION = 512

_STRUCTURE, _COLOUR, _CELLS, _ORIENTATIONS = 238, 72, 4, 8
_DECAY = 0.25
_STRUCTURE_WEIGHT, _COLOUR_WEIGHT, _GRADIENT_WEIGHT, _TONE_WEIGHT = 1.0, 0.6, 0.8, 0.15
# Energy below which a block fades out instead of being blown up: JPEG noise in a flat or grey image.
_STRUCTURE_FLOOR, _COLOUR_FLOOR, _GRADIENT_FLOOR = 0.5, 1.0, 5.0

Plane = NDArray[np.floating[Any]]
_Indices = NDArray[np.intp]


def descriptor(ycbcr: NDArray[np.uint8]) -> Vector:
    """The descriptor of SIDE x SIDE pixels in YCbCr: float32 of length DIMENSION and norm 1."""
    pixels = ycbcr.astype(np.float32) / 255
    luma, chroma = pixels[..., 0], pixels[..., 1:] - np.float32(128 / 255)
    mean = float(luma.mean())
    joined = np.concatenate(
        [
            _weighted(_low(luma - mean, _STRUCTURE_BANDS), _STRUCTURE_WEIGHT, _STRUCTURE_FLOOR),
            _weighted(_colour(chroma), _COLOUR_WEIGHT, _COLOUR_FLOOR),
            _weighted(_gradients(luma), _GRADIENT_WEIGHT, _GRADIENT_FLOOR),
            _TONE_WEIGHT * np.array([np.cos(np.pi * mean / 2), np.sin(np.pi * mean / 2)]),
        ]
    )
    vector: Vector = (joined / np.linalg.norm(joined)).astype(np.float32)
    return vector


def _weighted(block: Plane, weight: float, floor: float) -> Plane:
    scaled: Plane = np.float32(weight) * block / np.float32(np.sqrt(np.square(block).sum() + floor**2))
    return scaled


def _colour(chroma: Plane) -> Plane:
    return np.concatenate([_low(chroma[..., channel], _COLOUR_BANDS) for channel in (0, 1)])


def _low(plane: Plane, bands: tuple[_Indices, _Indices]) -> Plane:
    """The plane's DCT coefficients in `bands`, the higher frequencies counting a little less."""
    spectrum: Plane = (_DCT @ plane @ _DCT.T)[bands]
    decayed: Plane = spectrum * ((1 + np.hypot(*bands)) ** -_DECAY).astype(np.float32)
    return decayed


def _gradients(luma: Plane) -> Plane:
    """Edge strength by cell and orientation, less its mean: how edges differ, not how many there are."""
    down, right = np.zeros_like(luma), np.zeros_like(luma)
    right[:, 1:-1] = luma[:, 2:] - luma[:, :-2]
    down[1:-1] = luma[2:] - luma[:-2]
    strength = np.hypot(right, down)
    angle = (np.arctan2(down, right) % np.pi) * np.float32(_ORIENTATIONS / np.pi)
    lower = np.floor(angle)
    share = (angle - lower) * strength
    first = lower.astype(np.intp) % _ORIENTATIONS
    votes = np.zeros((_ORIENTATIONS, SIDE, SIDE), np.float32)
    votes[first, _ROWS, _COLUMNS] = strength - share
    votes[(first + 1) % _ORIENTATIONS, _ROWS, _COLUMNS] = share
    cells: Plane = (_WINDOWS @ votes @ _WINDOWS.T).ravel()
    centred: Plane = cells - cells.mean()
    return centred


def _dct_matrix(size: int) -> Plane:
    """The orthonormal DCT-II: row k is frequency k."""
    frequency, position = np.arange(size)[:, None], np.arange(size)[None]
    matrix = np.cos(np.pi * frequency * (2 * position + 1) / (2 * size)) * np.sqrt(2 / size)
    matrix[0] /= np.sqrt(2)
    single: Plane = matrix.astype(np.float32)
    return single


def _lowest(count: int, *, skip: int) -> tuple[_Indices, _Indices]:
    """Rows and columns of the `count` lowest frequencies after the first `skip`."""
    by_frequency = sorted((u * u + v * v, u, v) for u in range(SIDE) for v in range(SIDE))
    _, rows, columns = zip(*by_frequency[skip : skip + count], strict=True)
    return np.array(rows), np.array(columns)


def _windows() -> Plane:
    """Triangular windows that overlap by half: an edge near a border votes in both cells."""
    centres = (np.arange(_CELLS) + 0.5) * SIDE / _CELLS
    distance = np.abs(np.arange(SIDE)[None] + 0.5 - centres[:, None])
    windows: Plane = np.maximum(0, 1 - distance * _CELLS / SIDE).astype(np.float32)
    return windows


_DCT = _dct_matrix(SIDE)
_WINDOWS = _windows()
_ROWS, _COLUMNS = np.indices((SIDE, SIDE))
_STRUCTURE_BANDS = _lowest(_STRUCTURE, skip=1)
_COLOUR_BANDS = _lowest(_COLOUR, skip=0)
