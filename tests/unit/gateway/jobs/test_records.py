import os
from pathlib import Path

from libs.common import control
from libs.common.control import ActiveCollection
from libs.common.ids import job_id_for_key
from services.gateway.jobs.records import Submission, cleared, deleted, new_generation, scan_request


def test_a_request_is_stamped_with_its_collection_and_a_job() -> None:
    request = scan_request(Submission(Path("/photos"), "holiday", force=True, caption=False), "/typed")

    assert (request.directory_path, request.collection) == ("/photos", "holiday")
    assert (request.force, request.caption) == (True, False)
    assert request.job_id is not None


def test_the_same_key_names_the_same_job() -> None:
    request = scan_request(Submission(Path("/photos"), "holiday", idempotency_key="k"), "/photos")

    assert str(request.job_id) == job_id_for_key("k")


def test_a_path_that_json_cannot_hold_travels_as_typed() -> None:
    odd = Path(os.fsdecode(b"/photos/\xff"))

    assert scan_request(Submission(odd, "holiday"), "/link").directory_path == "/link"


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
        ("active", False),
    ]
    active = control.decode(records[-1].value or b"")
    assert isinstance(active, ActiveCollection)
    assert active.name is None


def test_another_collection_stays_active() -> None:
    assert [record.key for record in deleted("a", was_active=False)] == ["collection:a", "filled:a"]
