"""Which status each code has."""

from collections import Counter

import pytest

from libs.common.errors import Code
from libs.common.http.problems.statuses import CODES_BY_STATUS, status_of


def test_every_code_has_its_status_once() -> None:
    assert Counter(code for codes in CODES_BY_STATUS.values() for code in codes) == Counter(Code)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (Code.FILE_VANISHED, 400),
        (Code.NAME_TAKEN, 409),
        (Code.BROKER_REFUSED, 503),
        (Code.PORT_BUSY, 503),
        (Code.INTERNAL, 500),
        (Code("of_a_later_release"), 500),
    ],
)
def test_a_code_tells_its_status(code: Code, status: int) -> None:
    assert status_of(code) == status
