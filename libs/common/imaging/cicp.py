"""Colours that a file tells by code points, as an ICC profile: HEIC, AVIF, PNG and videos have them.

Numbers: ITU-T H.273. Curves: BT.2100 for PQ and HLG; what is brighter than a screen's white is rolled off as
BT.2390 (section 5.4.1) has it, with that white at 203 cd/m2 (BT.2408). Profile: ICC.1:2010.
"""

import struct
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Place = tuple[float, float]
"""A colour's x and y."""
Curve = Callable[[Floats], Floats]
CodePoints = tuple[int, int]
"""Colour primaries and transfer characteristics, by their numbers."""

_D65, _C, _DCI = (0.3127, 0.3290), (0.310, 0.316), (0.314, 0.351)
_D50_XYZ = np.array((0.9642, 1.0, 0.8249))
_BRADFORD = np.array(((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296)))
_PRIMARIES = {
    1: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), _D65),
    4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C),
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _DCI),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
    22: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
}
"""Red, green, blue and white as x and y."""
_UNSPECIFIED, _SRGB_PRIMARIES = 2, 1
_PQ, _HLG = 16, 18
_WHITE_NITS, _PEAK_NITS, _PQ_NITS = 203.0, 1000.0, 10_000.0
_STEPS = 4096


@lru_cache(maxsize=32)
def profile_of(points: CodePoints) -> bytes | None:
    """The profile of these colours; None where they are sRGB's, or not known.

    The curves of television are taken for sRGB's, as all that shows pictures does.
    """
    primaries = _SRGB_PRIMARIES if points[0] == _UNSPECIFIED else points[0]
    curve = _CURVES.get(points[1])
    if primaries not in _PRIMARIES or (curve is None and primaries == _SRGB_PRIMARIES):
        return None
    return made_of(_PRIMARIES[primaries], curve or _srgb)


def made_of(places: Sequence[Place], curve: Curve) -> bytes:
    """The profile of red, green, blue and white at these places, and of this curve from signal to light.

    Raises numpy.linalg.LinAlgError or ZeroDivisionError for places that span no colours.
    """
    return _profile(_to_d50(places), curve(np.linspace(0.0, 1.0, _STEPS)))


def in_png(data: bytes) -> CodePoints | None:
    """Those of a PNG's `cICP`, which stands before its pixels."""
    at = data.find(b"cICP", 0, data.find(b"IDAT"))
    return (data[at + 4], data[at + 5]) if at > 0 else None


def _srgb(x: Floats) -> Floats:
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def power(exponent: float) -> Curve:
    """The curve of a signal that is light's root of that exponent."""
    return lambda x: np.power(x, exponent)


def _hlg(x: Floats) -> Floats:
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(x <= 0.5, x * x / 3, (np.exp((x - c) / a) + b) / 12)
    return _rolled_off(_as_pq(_PEAK_NITS * scene**1.2))


def _rolled_off(signal: Floats) -> Floats:
    """PQ's signal as light, 1.0 a screen's white: up to half of that as it is, the peak as white."""
    peak, white = (float(_as_pq(np.array(nits))) for nits in (_PEAK_NITS, _WHITE_NITS))
    x, most = np.minimum(signal / peak, 1.0), white / peak
    knee = 1.5 * most - 0.5
    t = np.maximum(x - knee, 0.0) / (1 - knee)
    bent = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee)
    return _nits(np.where(x < knee, x, bent + (3 * t**2 - 2 * t**3) * most) * peak) / _WHITE_NITS


_CURVES: dict[int, Curve] = {
    4: power(2.2),
    5: power(2.8),
    8: power(1.0),
    _PQ: _rolled_off,
    _HLG: _hlg,
}


_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128


def _nits(signal: Floats) -> Floats:
    power = np.power(signal, 1 / _M2)
    return _PQ_NITS * np.power(np.maximum(power - _C1, 0.0) / (_C2 - _C3 * power), 1 / _M1)


def _as_pq(nits: Floats) -> Floats:
    power = np.power(nits / _PQ_NITS, _M1)
    return np.power((_C1 + _C2 * power) / (1 + _C3 * power), _M2)


def _to_d50(places: Sequence[Place]) -> Floats:
    """The columns are red, green and blue in XYZ under D50."""
    *colours, white = (np.array((x / y, 1.0, (1 - x - y) / y)) for x, y in places)
    columns = np.array(colours).T
    cones = _BRADFORD @ np.array((_D50_XYZ, white)).T
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(cones[:, 0] / cones[:, 1]) @ _BRADFORD
    return np.asarray(adapted @ columns @ np.diag(np.linalg.solve(columns, white)))


def _profile(columns: Floats, curve: Floats) -> bytes:
    """A display's profile of a matrix and one curve for the three channels."""
    levels = np.clip(np.rint(curve * 65535), 0, 65535).astype(">u2")
    bent = b"curv" + struct.pack(">4xI", len(levels)) + levels.tobytes()
    points = [_xyz(_D50_XYZ), *(_xyz(columns[:, channel]) for channel in range(3))]
    size, start = 20, 132 + 12 * 7
    listed = b"".join(
        struct.pack(">4sII", name, start + size * at, size)
        for at, name in enumerate((b"wtpt", b"rXYZ", b"gXYZ", b"bXYZ"))
    )
    for name in (b"rTRC", b"gTRC", b"bTRC"):
        listed += struct.pack(">4sII", name, start + size * 4, len(bent))
    body = struct.pack(">I", 7) + listed + b"".join(points) + bent
    head = struct.pack(">I4xI4s4s4s", 128 + len(body), 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    whole = head.ljust(36, b"\0") + b"acsp" + bytes(28) + _xyz(_D50_XYZ)[8:]
    return whole.ljust(128, b"\0") + body


def _xyz(values: Floats) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(float(value) * 65536) for value in values))
