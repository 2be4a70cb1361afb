"""How many records a batch has."""

from libs.common.kafka.runner.filling import WITHIN_SECONDS, Pace


def test_it_grows_at_most_twofold_while_records_are_done_quickly() -> None:
    pace, sizes = Pace(16, 256), []
    for _ in range(6):
        pace.took(pace.batch, 0.001)
        sizes.append(pace.batch)
    assert sizes == [32, 64, 128, 256, 256, 256]


def test_it_falls_at_once_to_what_fits_the_time() -> None:
    pace = Pace(16, 256)
    for _ in range(4):
        pace.took(pace.batch, 0.001)
    pace.took(256, 256 * WITHIN_SECONDS / 50)
    assert pace.batch == 50
    pace.took(50, 60.0)
    assert pace.batch == 16


def test_a_few_records_say_nothing_about_many() -> None:
    pace = Pace(16, 256)
    pace.took(1, 0.00001)
    assert pace.batch == 16


def test_where_no_more_is_allowed_it_stays() -> None:
    pace = Pace(16, 0)
    pace.took(16, 0.001)
    assert pace.batch == 16
