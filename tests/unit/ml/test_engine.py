"""The engine's pieces, threads and states, with a backend that keeps a record of its calls."""

import asyncio
import threading
from collections.abc import Sequence

import numpy as np
import pytest

from libs.common.errors import FileError, UnavailableError
from services.ml.backend import Described, Vector
from services.ml.engine import Engine


class Recorder:
    """A Backend whose vectors are the images' first bytes. Two calls at once are let pass together."""

    model = "recorder"
    caption_model: str | None = None
    dimension = 1
    has_text_model = True
    device = "cpu"

    def __init__(self, *, safe_batch: int = 4, parallel: int = 1) -> None:
        self.safe_batch = safe_batch
        self.parallel = parallel
        self.calls: list[int] = []
        self.threads: set[str] = set()
        self.events: list[str] = []
        self.together = threading.Barrier(parallel, timeout=5)

    def load(self) -> None:
        self.events.append("load")

    def unload(self) -> None:
        self.events.append("unload")

    def describe(self, images: Sequence[bytes], *, caption: bool) -> list[Described | FileError]:
        self.calls.append(len(images))
        self.threads.add(threading.current_thread().name)
        self.together.wait()
        words = "said" if caption else None
        return [Described(np.array([image[0]], np.float32), words) for image in images]

    def embed_text(self, text: str) -> Vector:
        return np.array([len(text)], np.float32)


async def test_a_request_above_the_safe_batch_is_served_in_pieces_and_in_order() -> None:
    engine = Engine(backend := Recorder(safe_batch=4))
    await engine.warm_up()
    results = await engine.describe([bytes([n]) for n in range(11)], caption=True)
    assert [float(result.embedding[0]) for result in results if isinstance(result, Described)] == list(
        range(11)
    )
    assert backend.calls == [4, 4, 3]
    await engine.close()


async def test_a_batch_is_spread_over_all_threads_and_no_more() -> None:
    engine = Engine(backend := Recorder(safe_batch=100, parallel=2))
    await engine.warm_up()
    await asyncio.gather(*(engine.describe([b"a"] * 6, caption=False) for _ in range(3)))
    assert backend.calls == [3] * 6
    assert len(backend.threads) == 2
    await engine.close()


async def test_nothing_is_described_before_warm_up_or_after_cool_down() -> None:
    engine = Engine(backend := Recorder())
    with pytest.raises(UnavailableError, match="not loaded"):
        await engine.describe([b"a"], caption=False)
    await engine.warm_up()
    await engine.warm_up()
    assert len(await engine.describe([b"a"], caption=False)) == 1
    await engine.cool_down()
    with pytest.raises(UnavailableError, match="not loaded"):
        await engine.embed_text("a")
    await engine.close()
    assert backend.events == ["load", "unload"]


async def test_an_empty_request_calls_nobody() -> None:
    engine = Engine(backend := Recorder())
    await engine.warm_up()
    assert await engine.describe([], caption=True) == []
    assert backend.calls == []
    await engine.close()
