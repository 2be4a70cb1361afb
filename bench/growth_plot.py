"""The plot of how cost grows: docs/growth.svg."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def draw(found: dict[str, Any], file: Path) -> None:
    """A panel for each part that bench.growth has measured."""
    import matplotlib as mpl  # noqa: PLC0415 (only who draws needs it)

    mpl.use("svg")
    # The same figures make the same file: no date in it, no random names.
    mpl.rcParams["svg.hashsalt"] = "growth"
    from matplotlib import pyplot as plt  # noqa: PLC0415

    measured = [part for part in _PANELS if part in found]
    figure, axes = plt.subplots(
        1, len(measured), squeeze=False, figsize=(5 * len(measured), 4), layout="constrained"
    )
    for part, panel in zip(measured, axes[0], strict=True):
        _PANELS[part](panel, found[part]["measured"], found[part]["machine"]["cores"])
    figure.savefig(file, metadata={"Date": None})


def _draw_processors(axes: Any, found: list[dict[str, Any]], cores: int) -> None:
    counts, rates = [each["processes"] for each in found], [each["files_s"] for each in found]
    even = [rates[0] * min(count, cores) / counts[0] for count in counts]
    axes.plot(counts, even, "--", color="grey", label=f"in proportion, up to {cores} cores")
    axes.plot(counts, rates, "o-", label="measured")
    axes.set(xlabel="processor processes, one decoder each", ylabel="12 MP JPEG a second", ylim=(0, None))
    axes.set_xticks(counts)
    axes.set_title("Throughput")
    axes.legend(loc="lower right")


def _draw_status(axes: Any, found: list[dict[str, Any]], _: int) -> None:
    sizes = [each["files"] for each in found]
    for name, words in (
        ("running_p50_ms", "job running, p50"),
        ("over_p50_ms", "job over, whole report, p50"),
        ("over_p99_ms", "job over, whole report, p99"),
    ):
        axes.plot(sizes, [each[name] for each in found], "o-", label=words)
    most = max(value for each in found for name, value in each.items() if name != "files")
    axes.set(xscale="log", xlabel="files in the job", ylabel="milliseconds", ylim=(0, 1.5 * most))
    axes.set_title("A status read")
    axes.legend(loc="upper left")


def _draw_store(axes: Any, found: list[dict[str, Any]], _: int) -> None:
    sizes = [each["points"] for each in found]
    for name in found[-1]["calls"]:
        costs = [each["calls"][name]["cpu_ms"] for each in found]
        axes.plot(sizes, costs, "o-", label=name.replace("-", " "))
    axes.set(xscale="log", yscale="log", xlabel="points in the collection", ylabel="CPU ms of a call")
    axes.set_xticks(sizes, [f"{size // 1000},000" for size in sizes], minor=False)
    axes.set_xticks([], minor=True)
    axes.set_title("The embedded store")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


_PANELS: Mapping[str, Callable[[Any, list[dict[str, Any]], int], None]] = {
    "processors": _draw_processors,
    "status": _draw_status,
    "store": _draw_store,
}
