"""The engine's threads, batches and states, with a backend that keeps a record of its calls."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from libs.common.errors import Code, FileError, UnavailableError
from services.ml.engine.backend import Described, Likeness, TextVector
from services.ml.engine.batch_size import best_batch
from services.ml.engine.engine import Engine
from tests.support.waiting import until

BAD, POISON, LARGE = b"\xfa", b"\xfb", b"\xfc"


class Recorder:
    """A Backend whose vectors are the images' first bytes."""

    model = "recorder"
    caption_model: str | None = None
    dimension = 1
    has_text_model = True
    input_side: int | None = None
    likeness = Likeness(duplicate=0.9, related=0.5, words=0.1)
    device = "cpu"
    precision: str | None = None

    def __init__(self, *, safe_batch: int = 4, parallel: int = 1) -> None:
        self.safe_batch = safe_batch
        self.parallel = parallel
        self.calls: list[int] = []
        self.threads: dict[str, set[str]] = {"prepare": set(), "device": set()}
        self.events: list[str] = []
        self.together: Callable[[], object] = lambda: None
        self.broken = False
        self.room = 1000

    def load(self) -> None:
        self._on("device")
        self.events.append("load")

    def unload(self) -> None:
        self._on("device")
        self.events.append("unload")

    def shrink(self) -> None:
        self._on("device")
        self.events.append("shrink")
        if self.broken:
            raise RuntimeError("no arena")

    def prepare(self, image: bytes, *, caption: bool) -> tuple[bytes, bool]:
        self._on("prepare")
        self.together()
        if image == BAD:
            raise FileError(Code.DECODE_FAILED, "no image")
        return image, caption

    def compute(self, batch: Sequence[tuple[bytes, bool]]) -> list[Described | FileError]:
        self._on("device")
        self.calls.append(len(batch))
        if self.broken or any(image == POISON for image, _ in batch):
            raise RuntimeError("the kernel failed")
        if len(batch) > self.room or any(image == LARGE for image, _ in batch):
            raise MemoryError("out of memory")
        return [
            Described(np.array([image[0]], np.float32), "said" if caption else None)
            for image, caption in batch
        ]

    def sample(self) -> Any:
        return b"\0", False

    def embed_text(self, text: str) -> TextVector:
        self._on("device")
        return TextVector(np.array([len(text)], np.float32))

    def _on(self, what: str) -> None:
        self.threads[what].add(threading.current_thread().name)


@pytest.fixture
async def started() -> Any:
    engines: list[Engine] = []

    async def start(backend: Recorder, **options: Any) -> Engine:
        engines.append(engine := Engine(backend, **({"safe_batch": backend.safe_batch} | options)))
        await engine.warm_up()
        return engine

    yield start
    for engine in engines:
        await engine.close()


def values(results: Sequence[Described | FileError]) -> list[float]:
    return [float(result.embedding[0]) for result in results if isinstance(result, Described)]


async def test_a_request_above_the_safe_batch_is_served_in_pieces_and_in_order(started: Any) -> None:
    engine = await started(backend := Recorder(safe_batch=4))
    results = await engine.describe([bytes([n]) for n in range(11)], caption=True)
    assert values(results) == list(range(11))
    assert sum(backend.calls) == 11
    assert max(backend.calls) <= 4


async def test_one_thread_has_the_device_and_the_others_prepare(started: Any) -> None:
    backend = Recorder(safe_batch=100, parallel=2)
    backend.together = threading.Barrier(2, timeout=5).wait
    engine = await started(backend)
    await asyncio.gather(*(engine.describe([b"a"] * 6, caption=False) for _ in range(3)))
    assert len(backend.threads["prepare"]) == 2
    assert len(backend.threads["device"]) == 1
    assert not backend.threads["prepare"] & backend.threads["device"]


class Overlapping(Recorder):
    """Computes its first image only once the second is prepared, and the second once it may."""

    def __init__(self) -> None:
        super().__init__(safe_batch=1)
        self.prepared, self.may = threading.Event(), threading.Event()

    def prepare(self, image: bytes, *, caption: bool) -> tuple[bytes, bool]:
        found = super().prepare(image, caption=caption)
        if image == b"b":
            self.prepared.set()
        return found

    def compute(self, batch: Sequence[tuple[bytes, bool]]) -> list[Described | FileError]:
        awaited = self.prepared if batch[0][0] == b"a" else self.may
        assert awaited.wait(timeout=5)
        return super().compute(batch)


async def test_images_are_prepared_and_answered_while_others_are_computed(started: Any) -> None:
    engine = await started(backend := Overlapping())
    async with asyncio.timeout(10):
        first, second = (asyncio.create_task(engine.describe([each], caption=False)) for each in (b"a", b"b"))
        assert values(await first) == [97]
        assert not second.done()
        backend.may.set()
        assert values(await second) == [98]


async def test_a_batch_is_filled_by_several_requests(started: Any) -> None:
    backend = Recorder(safe_batch=8, parallel=8)
    backend.together = threading.Barrier(8, timeout=5).wait
    engine = await started(backend)
    await asyncio.gather(*(engine.describe([b"a"] * 2, caption=False) for _ in range(4)))
    assert len(backend.calls) < 4


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


async def test_an_empty_request_calls_nobody(started: Any) -> None:
    engine = await started(backend := Recorder())
    assert await engine.describe([], caption=True) == []
    assert backend.calls == []


async def test_out_of_memory_lowers_the_batch_and_costs_no_image(started: Any) -> None:
    backend = Recorder(safe_batch=16)
    backend.room = 4
    engine = await started(backend)
    assert len(values(await engine.describe([b"a"] * 40, caption=False))) == 40
    backend.calls.clear()
    await engine.describe([b"a"] * 40, caption=False)
    assert max(backend.calls) <= 4


async def test_an_image_that_is_too_much_by_itself_is_a_memory_error(started: Any) -> None:
    engine = await started(Recorder())
    with pytest.raises(MemoryError):
        await engine.describe([b"a", LARGE], caption=False)
    assert values(await engine.describe([b"a"], caption=False)) == [97]


async def test_a_bad_image_and_one_that_the_model_fails_on_cost_no_other(started: Any) -> None:
    engine = await started(Recorder(safe_batch=8))
    results = await engine.describe([b"a", BAD, b"b", POISON, b"c"], caption=False)
    assert values(results) == [97, 98, 99]
    bad = [result for result in results if isinstance(result, FileError)]
    assert [error.code for error in bad] == [Code.DECODE_FAILED, Code.ML_REJECTED]


async def test_a_model_that_fails_on_its_own_sample_ends_readiness_at_once(started: Any) -> None:
    backend = Recorder()
    engine = await started(backend)
    assert engine.obstacle is None
    backend.broken = True
    with pytest.raises(UnavailableError, match="does not work"):
        await engine.describe([b"a"], caption=False)
    assert engine.failure is not None
    assert engine.obstacle is not None
    with pytest.raises(UnavailableError, match="does not work"):
        await engine.describe([b"a"], caption=False)


async def test_no_image_waits_for_a_model_that_does_not_come_back(started: Any) -> None:
    backend = Recorder(safe_batch=4)
    engine = await started(backend, idle_s=0.02)

    def failing() -> None:
        raise OSError("the model's file is gone")

    await until(lambda: "unload" in backend.events)
    backend.load = failing  # type: ignore[method-assign]
    async with asyncio.timeout(10):
        with pytest.raises(UnavailableError, match="file is gone"):
            await engine.describe([b"a"] * 8, caption=False)
    assert engine.failure is not None


async def test_an_idle_model_leaves_memory_and_comes_back(started: Any) -> None:
    backend = Recorder()
    engine = await started(backend, idle_s=0.05)
    await until(lambda: backend.events == ["load", "unload"])
    assert engine.obstacle is None
    assert values(await engine.describe([b"a"], caption=False)) == [97]
    assert (await engine.embed_text("abc")).embedding == 3
    assert backend.events[:3] == ["load", "unload", "load"]


async def test_what_batches_took_is_given_back_once_after_the_last(started: Any) -> None:
    backend = Recorder()
    engine = await started(backend, rest_s=0.05)
    await until(lambda: backend.events == ["load", "shrink"])
    assert values(await engine.describe([b"a"], caption=False)) == [97]
    await until(lambda: backend.events == ["load", "shrink", "shrink"])
    await engine.embed_text("a text takes little")
    await engine.cool_down()
    assert backend.events == ["load", "shrink", "shrink", "unload"]


async def test_memory_that_cannot_be_given_back_ends_nothing(started: Any) -> None:
    backend = Recorder()
    engine = await started(backend, rest_s=0.01)
    backend.broken = True
    await until(lambda: "shrink" in backend.events)
    backend.broken = False
    assert values(await engine.describe([b"a"], caption=False)) == [97]


async def test_a_batch_that_was_too_much_leaves_nothing_behind(started: Any) -> None:
    backend = Recorder(safe_batch=8)
    backend.room = 4
    engine = await started(backend, rest_s=3600)
    await engine.describe([b"a"] * 8, caption=False)
    assert "shrink" in backend.events


async def test_the_batch_is_found_by_doubling_when_the_model_is_loaded(started: Any) -> None:
    backend = Recorder()
    backend.room = 64
    engine = await started(backend, safe_batch=None)
    assert backend.calls[:4] == [1, 1, 2, 2]
    assert engine.safe_batch >= 32


def test_the_best_batch_is_the_smallest_that_is_about_as_fast() -> None:
    now = 0.0

    def compute(batch: Sequence[Any]) -> None:
        nonlocal now
        if len(batch) > 64:
            raise MemoryError
        now += max(0.01, len(batch) / 800)

    assert best_batch(compute, b"", clock=lambda: now) == 8


def test_a_slow_device_is_not_tried_for_longer_than_a_few_seconds() -> None:
    now, sizes = 0.0, list[int]()

    def compute(batch: Sequence[Any]) -> None:
        nonlocal now
        sizes.append(len(batch))
        now += 0.5

    assert best_batch(compute, b"", clock=lambda: now) in sizes
    assert now <= 4


def test_a_device_without_room_for_more_takes_one() -> None:
    def compute(batch: Sequence[Any]) -> None:
        if len(batch) > 1:
            raise MemoryError

    assert best_batch(compute, b"") == 1
