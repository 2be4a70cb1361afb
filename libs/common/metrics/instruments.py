"""What a stage counts and times while it works; a scrape reads it."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import Metric

from libs.common.metrics.declared import STEP, Declared

KindT = TypeVar("KindT", Counter, Histogram)


class Instruments:
    """The counters and histograms of one stage, each made when it is first used.

    A call takes about 2 microseconds: made for each batch, and not for each file that costs little.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._families: dict[str, Counter | Histogram] = {}
        self._counters: dict[tuple[str, ...], Counter] = {}
        self._histograms: dict[tuple[str, ...], Histogram] = {}

    def count(self, metric: Declared, *labels: str, by: float = 1) -> None:
        """Add to a counter; `labels` are the values of its labels, in their order."""
        key = (metric.name, *labels)
        found = self._counters.get(key)
        if found is None:
            found = self._counters[key] = self._labelled(metric, Counter, labels)
        found.inc(by)

    def observe(self, metric: Declared, value: float, *labels: str) -> None:
        """Add a value to a histogram."""
        key = (metric.name, *labels)
        found = self._histograms.get(key)
        if found is None:
            found = self._histograms[key] = self._labelled(metric, Histogram, labels)
        found.observe(value)

    @contextmanager
    def timed(self, metric: Declared, *labels: str) -> Iterator[None]:
        """Observe how many seconds the block took, however it ended."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.observe(metric, time.perf_counter() - begun, *labels)

    def step(self, step: str, seconds: float) -> None:
        """A step of the stage's work took so long."""
        self.observe(STEP, seconds, step)

    def collect(self) -> Iterable[Metric]:
        """The metrics as of now."""
        return list(self._registry.collect())

    def _labelled(self, metric: Declared, kind: type[KindT], labels: tuple[str, ...]) -> KindT:
        family = self._families.get(metric.name)
        if family is None:
            options: dict[str, Any] = {"buckets": metric.buckets} if kind is Histogram else {}
            family = kind(metric.name, metric.help, metric.labels, registry=self._registry, **options)
            self._families[metric.name] = family
        assert isinstance(family, kind)  # noqa: S101 (a name has one kind)
        return family.labels(*labels) if labels else family
