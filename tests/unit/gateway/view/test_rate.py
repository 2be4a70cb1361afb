import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.view.rate import Rate


def steady(per_second: float, seconds: int) -> Rate:
    rate = Rate()
    for second in range(seconds):
        rate = rate.after(int(per_second), 1000.0 + second)
    return rate


@pytest.mark.parametrize("seconds", [20, 60, 600])
def test_a_steady_job_goes_as_fast_as_it_goes(seconds: int) -> None:
    assert steady(40, seconds).per_second(1000.0 + seconds) == pytest.approx(40, rel=0.1)


def test_a_job_that_stands_still_slows_down() -> None:
    rate = steady(40, 60)

    assert rate.per_second(1000.0 + 60 + 120) < 1.0


def test_nothing_done_is_no_speed() -> None:
    assert Rate().per_second(1000.0) == 0.0


@given(st.lists(st.tuples(st.integers(0, 500), st.floats(0, 2e9)), max_size=20), st.floats(0, 2e9))
def test_clocks_that_go_back_give_no_nonsense(steps: list[tuple[int, float]], now: float) -> None:
    rate = Rate()
    for files, at in steps:
        rate = rate.after(files, at)

    assert 0.0 <= rate.per_second(now) <= 1.02 * sum(files for files, _ in steps)
