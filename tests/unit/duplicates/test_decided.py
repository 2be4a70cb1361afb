"""What people decided of contents."""

from libs.common.duplicates.decided import Decided
from libs.common.events import Decision


def test_contents_of_one_decision_are_apart_and_others_are_not() -> None:
    decided = Decided.of([
        Decision(decision_id="1", hashes=("a", "b", "c")), Decision(decision_id="2", hashes=("c", "d")),
    ])  # fmt: skip

    assert decided.apart("a", "b")
    assert decided.apart("d", "c")
    assert not decided.apart("a", "d")
    assert not decided.apart("a", "a")
    assert not decided.apart("x", "y")


def test_a_decision_on_one_content_is_about_its_files() -> None:
    decided = Decided.of([Decision(decision_id="1", hashes=("a",))])

    assert decided.apart("a", "a")
    assert not decided.apart("b", "b")
