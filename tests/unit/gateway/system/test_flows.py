"""Which stage a status names as the slowest."""

import pytest

from services.gateway.system.flows import Flow, Flows, rates, sentence

EARLIER = Flow(100.0, {}, {"processor": 1000, "inferencer": 400, "upserter": 400})


@pytest.mark.parametrize(
    ("left", "taken", "message"),
    [
        (
            {"processor": 3, "inferencer": 1204, "upserter": 12},
            {"inferencer": 575},
            "the inferencer is the slowest stage: 1,204 files wait for it, and it does 35 a second",
        ),
        (
            {"processor": 2000, "inferencer": 0, "upserter": 40},
            {"processor": 1012},
            "the processor is the slowest stage: 2,000 files wait for it, and it does 2.4 a second",
        ),
        ({"processor": 4, "inferencer": 8, "upserter": 3}, {}, None),
    ],
)
def test_the_stage_that_most_files_wait_for_is_named_with_its_rate(
    left: dict[str, int], taken: dict[str, int], message: str | None
) -> None:
    assert sentence(EARLIER, Flow(105.0, left, taken), listed=True) == message


def test_without_an_earlier_sample_there_is_no_rate() -> None:
    now = Flow(105.0, {"upserter": 700}, {"upserter": 9})
    assert sentence(None, now, listed=True) == "most files wait for the upserter: 700"


def test_a_listing_that_nothing_keeps_up_with_is_the_slowest_part() -> None:
    assert sentence(EARLIER, Flow(105.0, {"processor": 2}, {}), listed=False) == (
        "the listing is the slowest part: files are worked on as they are found"
    )


def test_nothing_is_said_before_a_sample() -> None:
    async def never() -> None:
        raise AssertionError

    assert Flows(never).slowest(listed=True) is None


def test_rates_are_those_between_two_samples_and_never_below_zero() -> None:
    now = Flow(105.0, {}, {"processor": 1012, "inferencer": 100, "captioner": 8})
    assert rates(EARLIER, now) == {"processor": 2.4, "inferencer": 0.0}
    assert rates(None, now) == {}
