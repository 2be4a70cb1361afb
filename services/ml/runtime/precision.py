"""Float32 or float16: measured on the device, on one batch, when a model is loaded."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from services.ml.runtime.graph import Graph
from services.ml.runtime.memory import trim
from services.ml.runtime.providers import Runtime
from services.ml.runtime.session import Array, Session

log = logging.getLogger(__name__)

AGREE = 0.999
"""The least cosine of a picture's two vectors; above it they may lie in one collection."""
GAIN = 1.05
"""Half precision must be so many times as fast: what is not faster is not worth its rounding."""
_ROUNDS = 3

Clock = Callable[[], float]


class _Runs(Protocol):
    def run(self, inputs: Mapping[str, Array], outputs: Sequence[str]) -> list[Array]: ...


@dataclass(frozen=True, slots=True)
class Probe:
    """A batch to measure with; the rows of `output` are vectors of length 1."""

    inputs: Mapping[str, Array]
    output: str


@dataclass(frozen=True, slots=True)
class Trial:
    """Seconds that the probe takes in each precision, and the least cosine of their vectors."""

    single_s: float
    half_s: float
    cosine: float

    @property
    def agrees(self) -> bool:
        """Whether vectors of both may be compared; False for what is not a number."""
        return self.cosine >= AGREE

    @property
    def gains(self) -> bool:
        """Whether half precision is faster."""
        return self.single_s >= GAIN * self.half_s

    def __str__(self) -> str:
        return (
            f"{1000 * self.half_s:.1f} ms a batch in float16, {1000 * self.single_s:.1f} ms in float32, "
            f"least cosine {self.cosine:.5f}"
        )


def open_measured(
    graph: Graph, probe: Probe, *, threads: int, runtime: Runtime, clock: Clock = time.perf_counter
) -> Session:
    """The session in float16 where that agrees and is faster (or is asked for), else as it was exported.

    A graph that cannot be converted, or that the device refuses, stays as it is, and the log says why.
    """
    exported = Session.open(graph, threads=threads, runtime=runtime)
    if exported.precision == "float16" or not runtime.tries_half:
        return exported
    try:
        half = _in_half(graph, threads, runtime)
        trial = measured(exported, half, probe, clock)
    except Exception as error:  # noqa: BLE001 (whatever a graph, a provider or the device refuses)
        log.warning("the model stays in float32, as float16 failed: %r", error)
        return exported
    taken = half if trial.agrees and (trial.gains or runtime.precision == "float16") else exported
    log.info("the model computes in %s: %s", taken.precision, trial)
    del exported, half
    trim()
    return taken


def measured(single: _Runs, half: _Runs, probe: Probe, clock: Clock) -> Trial:
    """Both on the same batch, in turn; the best round of each counts, and the first one only warms up."""
    expected, found = (each.run(probe.inputs, (probe.output,))[0] for each in (single, half))
    seconds = [(_seconds(single, probe, clock), _seconds(half, probe, clock)) for _ in range(_ROUNDS)]
    single_s, half_s = (min(each) for each in zip(*seconds, strict=True))
    return Trial(single_s, half_s, float(np.min(np.sum(expected * found, axis=-1))))


def _in_half(graph: Graph, threads: int, runtime: Runtime) -> Session:
    by_options = runtime.provider.half == "options"
    taken = graph if by_options else graph.in_half()
    return Session.open(taken, threads=threads, runtime=runtime, half=by_options)


def _seconds(session: _Runs, probe: Probe, clock: Clock) -> float:
    began = clock()
    session.run(probe.inputs, (probe.output,))
    return clock() - began
