from libs.common import control
from libs.common.control import ActiveCollection
from services.gateway.collections.records import cleared, deleted, new_generation


def test_each_making_is_another_generation() -> None:
    assert new_generation("a").generation != new_generation("a").generation


def test_clearing_the_cache_keeps_the_generation() -> None:
    state = new_generation("a")

    assert cleared(state, 5.0) == control.CollectionState(
        name="a", generation=state.generation, cache_cleared_at=5.0
    )


def test_a_deleted_collection_is_forgotten_and_no_longer_active() -> None:
    records = deleted("a", was_active=True)

    assert [(record.key, record.value is None) for record in records] == [
        ("collection:a", True),
        ("filled:a", True),
        ("labels:a", True),
        ("active", False),
    ]
    active = control.decode(records[-1].value or b"")
    assert isinstance(active, ActiveCollection)
    assert active.name is None


def test_another_collection_stays_active() -> None:
    assert [record.key for record in deleted("a", was_active=False)] == [
        "collection:a",
        "filled:a",
        "labels:a",
    ]


def test_a_collection_of_anothers_points_asks_for_the_same_model() -> None:
    assert new_generation("a", "labels").present.model == "labels"
    assert new_generation("a").present.model is None
