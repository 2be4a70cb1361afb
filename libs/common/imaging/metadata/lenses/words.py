"""A lens in words."""

from collections.abc import Sequence

from libs.common.imaging.metadata.text import decoded, name

_UNKNOWN = frozenset(("", "----", "--", "unknown", "none", "n/a", "0"))


def named(data: bytes) -> str | None:
    """What a maker wrote as its name; None for what cameras write where they know none."""
    stated = name(decoded(data))
    return stated if stated and stated.strip("- ").lower() not in _UNKNOWN else None


def described(numbers: Sequence[float]) -> str | None:
    """A lens by its shortest and longest focal length in mm, and the largest apertures at those."""
    if len(numbers) < 4 or not 0 < numbers[0] <= numbers[1]:
        return None
    focal = spanned(numbers[0], numbers[1])
    fastest = spanned(numbers[2], numbers[3]) if numbers[2] > 0 else ""
    return f"{focal}mm" + (f" f/{fastest}" if fastest else "")


def spanned(low: float, high: float) -> str:
    """`18-55`, or one number where both are the same."""
    return f"{low:.3g}" if high <= low or high <= 0 else f"{low:.3g}-{high:.3g}"
