"""Makers' own lenses whose notes give a number alone: those that were sold most.

exiftool reads each of these numbers as the same lens (`tests/unit/imaging/metadata/test_lenses.py`).
"""

_PENTAX_FA = {
    (4, 2): "80-320mm F4.5-5.6",
    (4, 3): "43mm F1.9 Limited",
    (4, 6): "35-80mm F4-5.6",
    (4, 12): "50mm F1.4",
    (4, 15): "28-105mm F4-5.6 [IF]",
    (4, 20): "28-80mm F3.5-5.6",
    (4, 23): "20-35mm F4 AL",
    (4, 24): "77mm F1.8 Limited",
    (4, 28): "35mm F2 AL",
    (4, 34): "24-90mm F3.5-4.5 AL[IF]",
    (4, 35): "100-300mm F4.7-5.8",
    (4, 38): "28-105mm F3.2-4.5 AL[IF]",
    (4, 39): "31mm F1.8 AL Limited",
    (4, 43): "28-90mm F3.5-5.6",
    (5, 2): "28mm F2.8 AL",
    (5, 3): "50mm F1.7",
    (5, 4): "50mm F1.4",
    (5, 7): "135mm F2.8 [IF]",
    (5, 8): "Macro 50mm F2.8",
    (5, 9): "Macro 100mm F2.8",
    (5, 12): "28-80mm F3.5-4.7",
    (5, 13): "70-200mm F4-5.6",
    (5, 15): "28-105mm F4-5.6",
    (5, 16): "100-300mm F4.5-5.6",
}
_PENTAX_DA = {
    (4, 243): "70mm F2.4 Limited",
    (4, 244): "21mm F3.2 AL Limited",
    (4, 247): "FISH-EYE 10-17mm F3.5-4.5 ED[IF]",
    (4, 248): "12-24mm F4 ED AL [IF]",
    (4, 250): "50-200mm F4-5.6 ED",
    (4, 251): "40mm F2.8 Limited",
    (4, 252): "18-55mm F3.5-5.6 AL",
    (4, 253): "14mm F2.8 ED[IF]",
    (4, 254): "16-45mm F4 ED AL",
    (7, 202): "L 18-55mm F3.5-5.6 AL WR",
    (7, 212): "50mm F1.8",
    (7, 213): "40mm F2.8 XS",
    (7, 214): "35mm F2.4 AL",
    (7, 216): "L 55-300mm F4-5.8 ED",
    (7, 217): "50-200mm F4-5.6 ED WR",
    (7, 218): "18-55mm F3.5-5.6 AL WR",
    (7, 221): "L 50-200mm F4-5.6 ED",
    (7, 222): "L 18-55mm F3.5-5.6",
    (7, 224): "15mm F4 ED AL Limited",
    (7, 229): "18-55mm F3.5-5.6 AL II",
    (7, 231): "18-250mm F3.5-6.3 ED AL [IF]",
    (7, 233): "35mm F2.8 Macro Limited",
    (7, 236): "55-300mm F4-5.8 ED",
    (7, 243): "70mm F2.4 Limited",
    (7, 244): "21mm F3.2 AL Limited",
    (8, 210): "18-270mm F3.5-6.3 ED SDM",
    (8, 215): "18-135mm F3.5-5.6 ED AL [IF] DC WR",
    (8, 232): "17-70mm F4 AL [IF] SDM",
}
_PENTAX_OTHERS = {
    (4, 44): "smc PENTAX-FA J 75-300mm F4.5-5.8 AL",
    (4, 46): "smc PENTAX-FA J 28-80mm F3.5-5.6 AL",
    (4, 47): "smc PENTAX-FA J 18-35mm F4-5.6 AL",
    (5, 10): "smc PENTAX-FA* 85mm F1.4 [IF]",
    (5, 11): "smc PENTAX-FA* 200mm F2.8 ED[IF]",
    (7, 203): "HD PENTAX-DA 55-300mm F4-5.8 ED WR",
    (7, 204): "HD PENTAX-DA 15mm F4 ED AL Limited",
    (7, 205): "HD PENTAX-DA 35mm F2.8 Macro Limited",
    (7, 206): "HD PENTAX-DA 70mm F2.4 Limited",
    (7, 207): "HD PENTAX-DA 21mm F3.2 ED AL Limited",
    (7, 208): "HD PENTAX-DA 40mm F2.8 Limited",
    (8, 59): "HD PENTAX-D FA 150-450mm F4.5-5.6 ED DC AW",
    (8, 60): "HD PENTAX-D FA* 70-200mm F2.8 ED DC AW",
    (8, 61): "HD PENTAX-D FA 28-105mm F3.5-5.6 ED DC WR",
    (8, 62): "HD PENTAX-D FA 24-70mm F2.8 ED SDM WR",
    (8, 63): "HD PENTAX-D FA 15-30mm F2.8 ED SDM WR",
    (8, 200): "HD PENTAX-DA 16-85mm F3.5-5.6 ED DC WR",
    (8, 209): "HD PENTAX-DA 20-40mm F2.8-4 ED Limited DC WR",
    (8, 211): "HD PENTAX-DA 560mm F5.6 ED AW",
    (8, 226): "smc PENTAX-DA* 55mm F1.4 SDM",
    (8, 227): "smc PENTAX-DA* 60-250mm F4 [IF] SDM",
    (8, 234): "smc PENTAX-DA* 300mm F4 ED [IF] SDM",
    (8, 235): "smc PENTAX-DA* 200mm F2.8 ED [IF] SDM",
    (8, 241): "smc PENTAX-DA* 50-135mm F2.8 ED [IF] SDM",
    (8, 242): "smc PENTAX-DA* 16-50mm F2.8 ED AL [IF] SDM",
}


def _series(name: str, lenses: dict[tuple[int, int], str]) -> dict[tuple[int, int], str]:
    """With what is written before them all."""
    return {key: f"{name} {lens}" for key, lens in lenses.items()}


PENTAX = _series("smc PENTAX-FA", _PENTAX_FA) | _series("smc PENTAX-DA", _PENTAX_DA) | _PENTAX_OTHERS
"""By the two numbers of its series and of the lens."""

SAMSUNG = {
    1: "Samsung NX 30mm F2 Pancake",
    2: "Samsung NX 18-55mm F3.5-5.6 OIS",
    3: "Samsung NX 50-200mm F4-5.6 ED OIS",
    4: "Samsung NX 20-50mm F3.5-5.6 ED",
    5: "Samsung NX 20mm F2.8 Pancake",
    6: "Samsung NX 18-200mm F3.5-6.3 ED OIS",
    7: "Samsung NX 60mm F2.8 Macro ED OIS SSA",
    8: "Samsung NX 16mm F2.4 Pancake",
    9: "Samsung NX 85mm F1.4 ED SSA",
    10: "Samsung NX 45mm F1.8",
    11: "Samsung NX 45mm F1.8 2D/3D",
    12: "Samsung NX 12-24mm F4-5.6 ED",
    13: "Samsung NX 16-50mm F2-2.8 S ED OIS",
    14: "Samsung NX 10mm F3.5 Fisheye",
    15: "Samsung NX 16-50mm F3.5-5.6 Power Zoom ED OIS",
    20: "Samsung NX 50-150mm F2.8 S ED OIS",
    21: "Samsung NX 300mm F2.8 ED OIS",
}
"""By the number of the lens; 0 is none that it knows."""
