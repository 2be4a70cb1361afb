"""Looking at the ML service: old and new shapes, warm-up, reasons, and the fact about its model."""

import asyncio

import pytest

from libs.common.control import ModelInUse, decode
from libs.common.errors import Code, UnavailableError
from libs.common.ml.capabilities import Capabilities
from services.inferencer.model_report import ModelReport
from services.inferencer.watch import Watch
from tests.unit.inferencer.fakes import FakeClient, Pauses, Published, watch_of

REFUSED = UnavailableError(Code.ML_UNAVAILABLE, "connection refused")
UNLOADED = Capabilities(safe_batch=16, loaded=False, model="fake-4", dimension=4)


def sent_facts(published: Published) -> list[tuple[str, int, int]]:
    facts = [decode(record.value or b"") for record in published.records]
    return [(fact.model, fact.dimension, fact.batch) for fact in facts if isinstance(fact, ModelInUse)]


async def looks(watch: Watch, client: FakeClient, count: int) -> None:
    """Let `run` look that many times."""
    seen = 0
    original = client.capabilities

    async def counted() -> Capabilities:
        nonlocal seen
        seen += 1
        if seen > count:
            raise asyncio.CancelledError
        return await original()

    client.capabilities = counted  # type: ignore[method-assign]
    with pytest.raises(asyncio.CancelledError):
        await watch.run()
    client.capabilities = original  # type: ignore[method-assign]


async def test_it_waits_with_growing_pauses_and_says_why() -> None:
    client, pauses = FakeClient(), Pauses()
    client.looks = [REFUSED] * 7
    reasons: list[str | None] = []

    async def noting(seconds: float) -> None:
        reasons.append(watch.waiting)
        await pauses(seconds)

    watch = Watch(client, ModelReport(Published()), "http://ml:8001", pause=noting)
    assert await watch.there() == client.reported
    assert set(reasons) == {"waiting for the ML service at http://ml:8001: connection refused"}
    assert pauses.seconds == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert watch.waiting is None


async def test_unloaded_models_are_warmed_up_for_a_batch() -> None:
    client = FakeClient()
    client.looks = [UNLOADED]
    assert (await watch_of(client).there()).loaded
    assert client.warmed == 1


async def test_models_that_take_long_to_load_are_waited_for() -> None:
    client, pauses = FakeClient(), Pauses()
    client.looks = [UNLOADED] * 4
    watch = watch_of(client, pauses=pauses)
    assert (await watch.there()).loaded
    assert client.warmed == 2
    assert pauses.seconds == [0.5, 1.0]


async def test_models_that_nobody_needs_now_stay_unloaded() -> None:
    client = FakeClient(UNLOADED)
    watch = watch_of(client)
    await looks(watch, client, 3)
    assert client.warmed == 0
    assert watch.waiting is None


async def test_it_looks_more_often_while_the_service_is_away() -> None:
    client, pauses = FakeClient(), Pauses()
    client.looks = [REFUSED, REFUSED]
    watch = watch_of(client, pauses=pauses)
    await looks(watch, client, 4)
    assert pauses.seconds == [0.5, 1.0, 10.0, 10.0]


async def test_the_model_is_told_once_and_again_when_it_changes() -> None:
    client, published = FakeClient(), Published()
    watch = watch_of(client, published)
    client.looks = [client.reported, client.reported, Capabilities(8, True, "new-9", 9), REFUSED]
    await looks(watch, client, 5)
    assert sent_facts(published) == [("fake-4", 4, 16), ("new-9", 9, 8), ("fake-4", 4, 16)]


async def test_what_results_name_counts_until_capabilities_change() -> None:
    published = Published()
    report = ModelReport(published)
    reported = Capabilities(16, True, "CLIP", 4)
    await report.saw(reported)
    await report.learned("clip-vit-b32", 4)
    await report.saw(reported)
    await report.saw(Capabilities(16, True, "other", 4))
    assert [model for model, *_ in sent_facts(published)] == ["CLIP", "clip-vit-b32", "other"]


async def test_a_model_that_something_else_wrote_is_put_right_at_the_next_look() -> None:
    published, there = Published(), [ModelInUse(model="fake-4", dimension=4, has_text=True, batch=16)]
    report = ModelReport(published, lambda: there[0])
    reported = Capabilities(16, True, "fake-4", 4)
    await report.saw(reported)
    there[0] = ModelInUse(model="forged", dimension=9, has_text=False, batch=1)
    await report.saw(reported)
    there[0] = ModelInUse(model="fake-4", dimension=4, has_text=True, batch=8)
    await report.saw(reported)

    assert [model for model, *_ in sent_facts(published)] == ["fake-4", "fake-4"]


async def test_nothing_is_told_of_a_service_that_names_no_model() -> None:
    client, published = FakeClient(Capabilities(safe_batch=8)), Published()
    await watch_of(client, published).there()
    assert published.records == []


async def test_a_fact_that_kafka_did_not_take_is_told_at_the_next_look() -> None:
    client, published = FakeClient(), Published()
    published.failures = [UnavailableError(Code.BROKER_UNAVAILABLE, "no broker")]
    watch = watch_of(client, published)
    await looks(watch, client, 2)
    assert sent_facts(published) == [("fake-4", 4, 16)]


async def test_a_service_too_busy_to_report_is_not_taken_for_gone() -> None:
    client = FakeClient()
    watch = watch_of(client)
    await watch.there()
    client.looks = [REFUSED]
    with watch.asking():
        await looks(watch, client, 1)
    assert watch.waiting is None
    client.looks = [REFUSED]
    await looks(watch, client, 1)
    assert watch.waiting is not None
