"""A job's progress: a live bar at a terminal, a line now and then elsewhere."""

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sluice.models.jobs import JobStatus
from sluice.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

_LINE_SECONDS = 1.0


def words(status: JobStatus) -> str:
    """Listed, done, failed, rate and time left, or the reason why it waits."""
    parts = [f"{status.total_files} listed", f"{status.done} done", f"{status.counts.failed} failed"]
    if status.rate:
        parts.append(f"{status.rate:.1f}/s")
    if status.eta_seconds is not None and not status.is_over:
        parts.append(f"{duration(status.eta_seconds)} left")
    if status.waiting_reason and not status.is_over:
        parts.append(status.waiting_reason)
    return printable(", ".join(parts))


def duration(seconds: float) -> str:
    """Seconds as people write them: 45 s, 3 min 20 s, 2 h 5 min."""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


class ProgressView:
    """Shows a job while it is entered; `show` may be called as often as one likes."""

    def __init__(self, console: "Console") -> None:
        # Only here: most commands show no bar, and would wait for it at their start.
        from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

        self._console = console
        self._live = console.is_terminal
        self._bar = Progress(
            TextColumn("     "),
            BarColumn(bar_width=30),
            TextColumn("{task.description}", markup=False),
            console=console,
        )
        self._task = self._bar.add_task("", total=None)
        self._last_words = ""
        self._next_line = 0.0

    def show(self, status: JobStatus) -> None:
        """The job as it stands now."""
        if self._live:
            self._bar.update(
                self._task, description=words(status), total=status.total_files or None, completed=status.done
            )
        else:
            self._print(status)

    def _print(self, status: JobStatus) -> None:
        now, text = time.monotonic(), words(status)
        if text != self._last_words and (now >= self._next_line or status.is_over):
            self._console.print(f"      {text}", markup=False, highlight=False, soft_wrap=True)
            self._last_words, self._next_line = text, now + _LINE_SECONDS

    def __enter__(self) -> Self:
        if self._live:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._bar.stop()
