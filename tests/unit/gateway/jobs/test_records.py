from libs.common.ids import job_id_for_key
from services.gateway.jobs.records import Submission, scan_request


def test_a_request_is_stamped_with_its_collection_and_a_job() -> None:
    request = scan_request(Submission(b"/photos", "holiday", force=True, caption=False), "/typed")

    assert (request.directory_path, request.collection) == ("/photos", "holiday")
    assert (request.force, request.caption) == (True, False)
    assert request.job_id is not None


def test_the_same_key_names_the_same_job() -> None:
    request = scan_request(Submission(b"/photos", "holiday", idempotency_key="k"), "/photos")

    assert str(request.job_id) == job_id_for_key("k")


def test_a_path_that_json_cannot_hold_travels_as_typed() -> None:
    odd = b"/photos/\xff"

    assert scan_request(Submission(odd, "holiday"), "/link").directory_path == "/link"
