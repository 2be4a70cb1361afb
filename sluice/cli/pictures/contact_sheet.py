"""Groups of pictures as one PNG: a row a group, the one to keep first and framed."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

CELL, GAP, MOST_COLUMNS, MOST_ROWS = 200, 10, 8, 100
"""Pixels of a picture's cell and around it; what does not fit is left out."""


def sheet(groups: Sequence[Sequence[bytes]], *, framed: bool = True) -> bytes:
    """The PNG; `framed` marks the first of each row. A thumbnail that cannot be read is an empty cell."""
    shown = [list(group[:MOST_COLUMNS]) for group in groups[:MOST_ROWS]]
    columns = max(map(len, shown), default=1)
    step = CELL + GAP
    whole = Image.new("RGB", (columns * step + GAP, max(len(shown), 1) * step + GAP), "white")
    draw = ImageDraw.Draw(whole)
    for row, group in enumerate(shown):
        for column, thumbnail in enumerate(group):
            x, y = GAP + column * step, GAP + row * step
            _paste(whole, thumbnail, x, y)
            colour = "#2a7d2a" if framed and column == 0 else "#c8c8c8"
            draw.rectangle((x - 3, y - 3, x + CELL + 2, y + CELL + 2), outline=colour, width=3)
    out = io.BytesIO()
    whole.save(out, "PNG")
    return out.getvalue()


def _paste(whole: Image.Image, thumbnail: bytes, x: int, y: int) -> None:
    try:
        with Image.open(io.BytesIO(thumbnail), formats=("JPEG", "PNG", "WEBP")) as image:
            image.thumbnail((CELL, CELL))
            place = (x + (CELL - image.width) // 2, y + (CELL - image.height) // 2)
            whole.paste(image.convert("RGB"), place)
    except (OSError, ValueError, SyntaxError):
        return
