"""What a collection may be called."""

import pytest

from sluice.names import canonical, is_name

JOINED = "می\u200cخواهم"  # noqa: RUF001 (Persian)


@pytest.mark.parametrize("name", [JOINED, "👩\u200d👧", "🏳️\u200d🌈 2019", "a..b", "e\u0301" * 128, " a "])
def test_a_name_is_one_in_its_one_form(name: str) -> None:
    assert is_name(canonical(name))


@pytest.mark.parametrize(
    "name",
    ["a\u200db", "月\u200d", "\u200d", "\u202ea", "a\u200fb", "a\0", "\ud800", "a\u2028b", "é" * 129, "a/b"],
)
def test_what_would_look_like_another_or_break_a_line_is_none(name: str) -> None:
    assert not is_name(name)
