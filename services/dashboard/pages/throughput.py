"""Photos a second over the last minutes, as a row of bars."""

from collections.abc import Iterable

BARS = 60
BAR_SECONDS = 5.0
SPAN_SECONDS = BARS * BAR_SECONDS


def throughput(finished: Iterable[tuple[float, int]], now: float) -> str:
    """The chart as HTML; nothing where no photo was finished in its span.

    `finished`: when (in the clock of `now`) how many files got their outcome.
    """
    bars = [0.0] * BARS
    for at, count in finished:
        age = now - at
        if 0 <= age < SPAN_SECONDS:
            bars[BARS - 1 - int(age / BAR_SECONDS)] += count / BAR_SECONDS
    most = max(bars)
    if not most:
        return ""
    drawn = "".join(f'<i style="height:{100 * each / most:.0f}%"></i>' for each in bars)
    label = f"At most {most:.1f} photos a second in the last {SPAN_SECONDS / 60:.0f} minutes"
    return (
        f'<section class="sl-card"><h2>Throughput</h2><div class="sl-chart" role="img" aria-label="{label}">'
        f'{drawn}</div><p class="sl-soft sl-small">{label}</p></section>'
    )
