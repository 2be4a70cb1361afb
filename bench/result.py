"""What a benchmark found, next to what it had to reach."""

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct, structs


class Figure(Struct, frozen=True, kw_only=True):
    """One measured value. `baseline` is the floor or the peer of the same run, in the same unit as `value`.

    `target` bounds `value`, or `ratio` where there is something to compare with; `bound` says from which
    side. `load` is the machine's load average while it was measured, ours included.
    """

    name: str
    value: float
    unit: str
    target: float
    bound: Literal["at least", "at most"] = "at least"
    baseline: float | None = None
    ratio: float | None = None
    note: str = ""
    load: float = 0.0

    @property
    def judged(self) -> float:
        """What the target is held against."""
        return self.value if self.ratio is None else self.ratio

    @property
    def reached(self) -> bool:
        """Whether the target is met."""
        return self.judged >= self.target if self.bound == "at least" else self.judged <= self.target


def loaded(figure: Figure) -> Figure:
    """The figure with the load average of the last minute."""
    return structs.replace(figure, load=round(os.getloadavg()[0], 1))


def line(figure: Figure) -> str:
    """One row of the table."""
    baseline = "" if figure.baseline is None else f"{figure.baseline:,.4g}"
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    target = f"{figure.bound} {figure.target:g}"
    verdict = "yes" if figure.reached else "NO"
    return (
        f"{figure.name:<26} {figure.value:>10,.4g} {figure.unit:<10} {baseline:>8} {ratio:>6}  {target:<14} "
        f"{verdict:<4} {figure.load:>5.1f}  {figure.note}"
    )


HEADER = (
    f"{'name':<26} {'value':>10} {'unit':<10} {'next to':>8} {'ratio':>6}  {'target':<14} "
    f"{'met':<4} {'load':>5}  note"
)


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {"cores": os.cpu_count(), "cpu": _cpu(), "python": platform.python_version()}


def write(figures: Sequence[Figure], file: Path) -> None:
    """All figures as JSON; each can be read by itself. `baseline` is the floor or the peer."""
    file.parent.mkdir(parents=True, exist_ok=True)
    ran_on = machine()
    rows = [{**structs.asdict(each), "reached": each.reached, "machine": ran_on} for each in figures]
    file.write_text(json.dumps({"figures": rows}, indent=2) + "\n")


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((each.partition(":")[2].strip() for each in lines if each.startswith("model name")), "")
