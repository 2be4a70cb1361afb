"""Splitting, halving, bisecting, waiting: every image gets its own verdict."""

import asyncio
import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import Code, FileError
from libs.common.ml.capabilities import Capabilities
from libs.common.ml.inference import (
    Answer,
    Away,
    Dropped,
    Image,
    Refused,
    Reply,
    Result,
    TimedOut,
    TooMuch,
)
from libs.common.ml.results import Embedded, Verdict
from services.inferencer.batching import Batching
from services.inferencer.model_report import ModelReport
from services.inferencer.watch import Watch
from tests.unit.inferencer.fakes import (
    DIMENSION,
    FakeClient,
    Pauses,
    Published,
    batching_of,
    floats,
    images,
    result_of,
    vector_of,
)


def assert_embedded(verdicts: dict[str, Verdict], requested: Sequence[Image]) -> None:
    for image in requested:
        verdict = verdicts[image.id]
        assert isinstance(verdict, Embedded), verdict
        assert floats(verdict.embedding) == vector_of(image.data)
        assert verdict.caption == f"it shows {image.name}"


def codes(verdicts: dict[str, Verdict]) -> dict[str, Code]:
    return {id_: verdict.code for id_, verdict in verdicts.items() if isinstance(verdict, FileError)}


class Poisoned(FakeClient):
    """Refuses every request that holds one of the poison images, in a way of that image's own."""

    def __init__(self, poison: dict[str, Reply], safe_batch: int = 16) -> None:
        super().__init__(Capabilities(safe_batch, model="fake-4", dimension=4))
        self.poison = poison

    def reply(self, images: Sequence[Image]) -> Reply:
        refusals = [self.poison[image.id] for image in images if image.id in self.poison]
        return refusals[0] if refusals else super().reply(images)


async def test_requests_hold_what_the_service_calls_safe() -> None:
    client = FakeClient(Capabilities(safe_batch=10, dimension=4))
    requested = images(35)
    assert_embedded(await batching_of(client).embed(requested, caption=True), requested)
    assert sorted(map(len, client.requests)) == [8, 9, 9, 9]


async def test_the_configured_size_is_never_exceeded() -> None:
    client = FakeClient(Capabilities(safe_batch=1000))
    await batching_of(client, batch_size=4).embed(images(12), caption=True)
    assert [len(request) for request in client.requests] == [4, 4, 4]


async def test_two_requests_are_in_flight_over_all_callers() -> None:
    client = FakeClient(Capabilities(safe_batch=1))
    batching = batching_of(client, concurrency=2)
    await asyncio.gather(*(batching.embed(images(6), caption=True) for _ in range(3)))
    assert client.most_in_flight == 2


@given(
    count=st.integers(1, 40),
    safe_batch=st.integers(1, 50),
    kinds=st.dictionaries(
        st.integers(0, 39),
        st.sampled_from(
            [Refused("400: no"), Refused("500: no"), TimedOut("slow"), Dropped("gone"), TooMuch("413")]
        ),
    ),
)
async def test_any_mix_of_poison_is_isolated_exactly(
    count: int, safe_batch: int, kinds: dict[int, Reply]
) -> None:
    client = Poisoned({f"i{n}": reply for n, reply in kinds.items()}, safe_batch)
    requested = images(count)
    verdicts = await batching_of(client).embed(requested, caption=True)
    assert verdicts.keys() == {image.id for image in requested}
    assert codes(verdicts) == {f"i{n}": Code.ML_REJECTED for n in kinds if n < count}
    assert_embedded(verdicts, [image for image in requested if image.id not in client.poison])


async def test_one_poison_among_many_costs_few_requests() -> None:
    client = Poisoned({"i77": Refused("500: no")}, safe_batch=128)
    await batching_of(client).embed(images(128), caption=True)
    assert len(client.requests) + client.probes <= 2 * 7 + 4


async def test_an_answer_that_nobody_understands_is_a_bad_result() -> None:
    client = Poisoned({"i1": Refused("no JSON", Code.ML_BAD_RESULT)})
    assert codes(await batching_of(client).embed(images(3), caption=True)) == {"i1": Code.ML_BAD_RESULT}


class Small(FakeClient):
    """Takes at most `most` images at once, whatever it reports."""

    most = 5

    def reply(self, images: Sequence[Image]) -> Reply:
        return TooMuch("out of memory") if len(images) > self.most else super().reply(images)


async def test_a_batch_that_is_too_much_is_halved_and_the_size_remembered() -> None:
    client = Small(Capabilities(safe_batch=64, dimension=4))
    batching = batching_of(client)
    requested = images(40)
    assert_embedded(await batching.embed(requested, caption=True), requested)
    client.requests.clear()
    assert_embedded(await batching.embed(requested, caption=True), requested)
    assert max(map(len, client.requests)) <= 2 * Small.most


async def test_the_size_grows_back_once_the_service_can_take_more() -> None:
    client = Small(Capabilities(safe_batch=16, dimension=4))
    batching = batching_of(client)
    await batching.embed(images(16), caption=True)
    client.most = 16
    for _ in range(20):
        await batching.embed(images(16), caption=True)
    assert client.requests[-1] == [f"i{n}" for n in range(16)]


@pytest.mark.parametrize("reply", [Refused("500: hiccup"), TimedOut("slow"), Dropped("gone"), TooMuch("oom")])
async def test_what_passes_is_asked_again_and_costs_no_file(reply: Reply) -> None:
    client = FakeClient()
    client.script = [reply]
    requested = images(1)
    assert_embedded(await batching_of(client).embed(requested, caption=True), requested)


class Ill(FakeClient):
    """Answers every request with a 500 until it has been asked for a plain image three times."""

    def reply(self, images: Sequence[Image]) -> Reply:
        return super().reply(images) if self.probes >= 3 else Refused("500: CUDA error")

    def reply_to_probe(self, image: Image) -> Reply:
        return super().reply_to_probe(image) if self.probes >= 3 else Refused("500: CUDA error")


async def test_a_service_that_takes_nothing_is_waited_for_and_no_image_is_blamed() -> None:
    client, pauses = Ill(), Pauses()
    requested = images(4)
    assert_embedded(await batching_of(client, pauses=pauses).embed(requested, caption=True), requested)
    assert pauses.seconds[:2] == [0.5, 1.0]


async def test_while_the_service_is_away_the_batch_is_held_and_says_why() -> None:
    message: list[str | None] = []

    class Asleep(FakeClient):
        async def capabilities(self) -> Capabilities:
            message.append(batching.waiting)
            return await super().capabilities()

    client, pauses = Asleep(), Pauses()
    client.script = [Away("it answers 503: models not loaded")] * 3
    batching = batching_of(client, pauses=pauses)
    requested = images(2)
    assert_embedded(await batching.embed(requested, caption=True), requested)
    assert message == [
        "waiting for the ML service at http://ml:8001: it has not been asked yet",
        *["waiting for the ML service at http://ml:8001: it answers 503: models not loaded"] * 3,
    ]
    assert pauses.seconds == [0.5, 1.0, 2.0]
    assert batching.waiting is None


class Forgetful(FakeClient):
    """Answers with results that `spoil` has changed, for requests of more than `above` images."""

    def __init__(self, above: int) -> None:
        super().__init__()
        self.above = above

    def reply(self, images: Sequence[Image]) -> Reply:
        results = [result_of(image) for image in images]
        return Answer(results if len(images) <= self.above else self.spoil(results))

    def spoil(self, results: list[Result]) -> list[Result]:
        return results[:-1]


async def test_images_without_a_result_are_asked_again() -> None:
    client = Forgetful(above=1)
    requested = images(6)
    assert_embedded(await batching_of(client).embed(requested, caption=True), requested)


async def test_an_image_that_alone_has_no_result_is_a_bad_result() -> None:
    class Silent(Forgetful):
        def spoil(self, results: list[Result]) -> list[Result]:
            return [result for result in results if result.id != "i1"]

    requested = images(3)
    verdicts = await batching_of(Silent(above=0)).embed(requested, caption=True)
    assert codes(verdicts) == {"i1": Code.ML_BAD_RESULT}
    assert_embedded(verdicts, [requested[0], requested[2]])


class Bursts(FakeClient):
    """Refuses the requests of these numbers, plain images' included."""

    def __init__(self, refused: set[int]) -> None:
        super().__init__()
        self.refused, self.number = refused, 0

    async def embed(self, images: Sequence[Image], *, caption: bool) -> Reply:
        self.number += 1
        if self.number in self.refused:
            return Refused("it answers 500")
        return await super().embed(images, caption=caption)


@pytest.mark.parametrize("refused", [{1, 3, 4, 5}, {1, 2, 3}, {1, 3}, {2, 3, 4, 5, 6, 7, 8}])
async def test_refusals_that_pass_cost_nothing(refused: set[int]) -> None:
    """An image is to blame only if, each time that it was refused, a plain image then was not."""
    requested = images(2)
    assert_embedded(await batching_of(Bursts(refused)).embed(requested, caption=True), requested)


@pytest.mark.parametrize("slip", [[math.nan] * DIMENSION, [0.5], None])
@pytest.mark.parametrize("count", [1, 5])
async def test_a_bad_result_that_passes_costs_nothing(slip: list[float] | None, count: int) -> None:
    """None: the service gave no result for the image at all."""
    client, requested = FakeClient(), images(count)
    spoiled = [] if slip is None else [Result(requested[0].id, slip)]
    client.script = [Answer([*spoiled, *(result_of(image) for image in requested[1:])])]
    assert_embedded(await batching_of(client).embed(requested, caption=True), requested)


async def test_results_out_of_order_reach_their_own_images() -> None:
    class Shuffled(Forgetful):
        def spoil(self, results: list[Result]) -> list[Result]:
            return results[::-1]

    requested = images(5)
    assert_embedded(await batching_of(Shuffled(above=1)).embed(requested, caption=True), requested)


async def test_two_results_under_one_id_are_trusted_for_neither() -> None:
    class Doubled(Forgetful):
        def spoil(self, results: list[Result]) -> list[Result]:
            return [results[0], Result(results[0].id, vector_of(b"other")), *results[2:]]

    requested = images(5)
    assert_embedded(await batching_of(Doubled(above=1)).embed(requested, caption=True), requested)


async def test_the_model_of_the_results_is_published_where_capabilities_name_none() -> None:
    published = Published()
    client = FakeClient(Capabilities(safe_batch=8))
    batching: Batching = batching_of(client, published)
    await batching.embed(images(20), caption=True)
    (fact,) = published.records
    assert b'"model":"fake-4","dimension":4' in (fact.value or b"")


async def test_a_batch_that_waits_can_be_taken_away_at_once_and_leaves_its_slot() -> None:
    client = FakeClient()
    client.script = [Away("gone")]
    forever = asyncio.Event()
    watch = Watch(client, ModelReport(Published()), "http://ml:8001", pause=lambda _: forever.wait())
    batching = Batching(client, watch, batch_size=8, concurrency=1)
    waiting = asyncio.create_task(batching.embed(images(2), caption=True))
    while batching.waiting is None:
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    forever.set()
    assert_embedded(await batching.embed(images(2), caption=True), images(2))
