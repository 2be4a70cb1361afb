"""Filters of a search, from the options of a command."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import typer


class _Conditions(msgspec.Struct):
    """As the gateway reads them."""

    taken_at: dict[str, str]
    below: str | None
    near: dict[str, Any] | None
    camera: str | None
    place: str | None


@dataclass(frozen=True, slots=True)
class SearchFilters:
    """What the options say; None and empty ask for nothing."""

    after: str | None = None
    before: str | None = None
    below: str | None = None
    near: str | None = None
    camera: str | None = None
    place: str | None = None

    def body(self) -> dict[str, Any]:
        """The filters as the gateway takes them; BadParameter for a place that is none."""
        taken = {"gte": self.after, "lt": self.before}
        found = _Conditions(
            taken_at={bound: date for bound, date in taken.items() if date},
            below=_whole(self.below) if self.below else None,
            near=_circle(self.near) if self.near else None,
            camera=self.camera,
            place=self.place,
        )
        return {name: value for name, value in msgspec.to_builtins(found).items() if value}


def _whole(folder: str) -> str:
    """The whole path of a folder that is named from here; a whole path is as the gateway has it."""
    is_here = not Path(folder).is_absolute() and Path(folder).is_dir()
    return str(Path(folder).resolve()) if is_here else folder


def _circle(text: str) -> dict[str, float]:
    try:
        lat, lon, km = (float(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f'--near takes "lat,lon,km", not {text!r}') from error
    return {"lat": lat, "lon": lon, "km": km}
