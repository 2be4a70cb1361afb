"""How long the steps of reading a picture take."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

Timed = Callable[[str], AbstractContextManager[None]]
"""Times its block as a step of this name."""


def untimed(_: str) -> AbstractContextManager[None]:
    """For callers who do not want to know."""
    return nullcontext()


class Stopwatch:
    """The seconds of each step of one file, by name."""

    def __init__(self) -> None:
        self.took: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Time the block as this step."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.took[step] = self.took.get(step, 0.0) + time.perf_counter() - begun
