from hypothesis import given
from hypothesis import strategies as st

from services.scanner.window import CEILING, HORIZON_S, LEAST_FLOOR, Recent, Weight, floor_for, size

counts = st.integers(0, 10_000_000)
sizes = st.integers(1, 100_000)


@given(counts, sizes, sizes, st.integers(1, 5000))
def test_a_window_is_at_least_one_and_at_most_the_ceiling(
    recent: int, floor: int, total: int, jobs: int
) -> None:
    assert 1 <= size(recent, floor, total, jobs) <= CEILING


@given(st.lists(counts, min_size=1, max_size=50), sizes, sizes)
def test_all_windows_together_stay_within_the_total(recent: list[int], floor: int, total: int) -> None:
    jobs = len(recent)
    assert sum(size(count, floor, total, jobs) for count in recent) <= max(total, jobs)


@given(counts, counts, sizes, sizes, st.integers(1, 100))
def test_faster_outcomes_never_make_a_window_smaller(
    one: int, other: int, floor: int, total: int, jobs: int
) -> None:
    slow, fast = sorted((one, other))
    assert size(slow, floor, total, jobs) <= size(fast, floor, total, jobs)


def test_a_job_that_stands_still_keeps_its_floor() -> None:
    assert size(0, 256, 4096, 1) == 256


def test_a_window_is_what_came_back_within_the_horizon() -> None:
    assert size(700, 256, 4096, 1) == 700


def test_the_floor_holds_two_of_the_ml_services_batches() -> None:
    assert (floor_for(None), floor_for(1), floor_for(128)) == (LEAST_FLOOR, LEAST_FLOOR, 256)


def test_a_job_feeds_ten_thousand_files_a_second_that_take_a_second_each() -> None:
    photos = Weight()
    photos.add([2_650_000] * 100)
    window, steps = 256, 0
    while window < 10_000:
        window, steps = size(int(HORIZON_S * window), 256, photos.files_in(1_024_000_000), 1), steps + 1
    assert steps <= 4


def test_the_bound_is_of_bytes_so_that_small_files_may_be_many() -> None:
    photos, small = Weight(), Weight()
    photos.add([2_650_000])
    small.add([8_000])
    assert (photos.files_in(74_000_000), small.files_in(74_000_000)) == (1_000, 7_400)
    assert Weight().files_in(74_000_000) == 1_000
    assert Weight().files_in(1) == 1


@given(st.lists(st.tuples(st.floats(0, 2), st.integers(0, 1000)), max_size=40))
def test_recent_sums_exactly_what_the_horizon_holds(steps: list[tuple[float, int]]) -> None:
    recent, now, happened = Recent(), 0.0, []
    for pause, count in steps:
        now += pause
        recent.add(now, count)
        happened.append((now, count))
        assert recent.sum(now) == sum(n for at, n in happened if at > now - HORIZON_S)
