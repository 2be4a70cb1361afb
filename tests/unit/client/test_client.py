"""The Python client against answers that are made up: retries, errors, pages, waiting."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import sluice
from sluice import AsyncClient, Client, Code, ProblemError, SluiceError, UnavailableError, wire
from sluice.files.selecting import LocalFile

JOB = "a5502559-d7c1-4b4d-a83b-b557ad5590c6"
AT = "2026-01-02T03:04:05Z"
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "pause_s", lambda *_: 0.0)


def client_of(answer: Answer, **options: Any) -> Client:
    http = httpx.Client(base_url="http://g", transport=httpx.MockTransport(answer))
    return Client(connections=http, **options)


def in_turn(*answers: httpx.Response | Exception) -> tuple[Answer, list[httpx.Request]]:
    requested: list[httpx.Request] = []
    rest = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        requested.append(request)
        given = next(rest)
        if isinstance(given, Exception):
            raise given
        return given

    return answer, requested


def problem(status: int, code: str, *, retryable: bool = False) -> httpx.Response:
    body = {
        "detail": "a sentence", "code": code, "retryable": retryable, "request_id": "r1",
        "errors": [{"field": "limit", "message": "too large"}],
    }  # fmt: skip
    return httpx.Response(status, json=body)


def status(state: str, **fields: Any) -> httpx.Response:
    return httpx.Response(200, json={"job_id": JOB, "state": state, "created_at": AT, **fields})


def test_a_problem_is_an_exception_with_all_that_the_gateway_said() -> None:
    answer, _ = in_turn(problem(422, "invalid_request"))
    with pytest.raises(ProblemError, match="a sentence") as refused:
        client_of(answer).search("x")
    error = refused.value
    assert (error.status, error.code, error.request_id) == (422, Code.INVALID_REQUEST, "r1")
    assert [(each.field, each.message) for each in error.errors] == [("limit", "too large")]


def test_a_code_of_a_later_release_is_kept_as_the_word_it_is() -> None:
    answer, _ = in_turn(problem(409, "something_new"))
    with pytest.raises(ProblemError) as refused:
        client_of(answer).search("x")
    assert refused.value.code == "something_new"


def test_a_read_is_tried_again_where_that_may_help() -> None:
    answer, requested = in_turn(
        httpx.ConnectError("refused"), problem(503, "store_unavailable", retryable=True), status("running")
    )
    assert client_of(answer).job(JOB).status().state == "running"
    assert len(requested) == 3


def test_what_is_retried_in_vain_is_told() -> None:
    answer, requested = in_turn(*[httpx.ConnectError("refused")] * 3)
    with pytest.raises(UnavailableError, match="the gateway at http://g does not answer"):
        client_of(answer, retries=2).job(JOB).status()
    assert len(requested) == 3


def test_what_would_happen_twice_is_sent_once() -> None:
    answer, requested = in_turn(httpx.ReadTimeout(""))
    with pytest.raises(UnavailableError, match="it took too long"):
        client_of(answer).duplicates.archive(["/a.jpg"])
    assert len(requested) == 1


def test_a_job_is_started_once_however_often_its_start_is_retried() -> None:
    answer, requested = in_turn(httpx.ReadTimeout(""), httpx.Response(202, json={"job_id": JOB}))
    assert client_of(answer).ingest("/photos", labels={"order": "7"}).job_id == JOB
    keys = {request.headers["idempotency-key"] for request in requested}
    assert len(requested) == 2
    assert len(keys) == 1


def test_pages_come_as_one_iterator() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        first = "cursor" not in request.url.params
        row = {"file": "a" if first else "b", "id": "1", "outcome": "failed"}
        return httpx.Response(200, json={"items": [row], "next": "c" if first else None})

    assert [file.file for file in client_of(answer).job(JOB).files(outcome="failed")] == ["a", "b"]


def test_waiting_tells_each_change_and_ends_with_the_job() -> None:
    answers = (status("running"), status("running"), status("running", total_files=3), status("completed"))
    answer, _ = in_turn(status("running"), *answers)
    seen: list[tuple[str, int]] = []
    done = (
        client_of(answer)
        .job(JOB)
        .wait(progress=lambda found: seen.append((found.state, found.total_files)), every_s=0)
    )
    assert done.state == "completed"
    assert seen == [("running", 0), ("running", 3), ("completed", 0)]


def test_waiting_has_the_gateway_hold_its_answer_until_something_changed() -> None:
    first, last = status("running"), status("completed")
    first.headers["etag"] = 'W/"1"'
    answer, requested = in_turn(status("running"), first, httpx.Response(304), last)
    seen: list[str] = []
    client_of(answer).job(JOB).wait(progress=lambda found: seen.append(found.state), every_s=0)
    assert seen == ["running", "completed"]
    asked = [(each.url.params.get("wait"), each.headers.get("if-none-match")) for each in requested]
    assert asked == [(None, None), (None, None), ("10.0", 'W/"1"'), ("10.0", 'W/"1"')]


def test_waiting_has_a_limit() -> None:
    with pytest.raises(TimeoutError, match="goes on after 0 s"):
        client_of(lambda _: status("running")).job(JOB).wait(timeout_s=0, every_s=0)


def test_a_gateway_that_is_away_for_a_moment_does_not_end_the_wait() -> None:
    answer, _ = in_turn(status("running"), httpx.ConnectError("x"), status("completed"))
    assert client_of(answer, retries=0).job(JOB).wait(every_s=0).state == "completed"


def test_a_gateway_whose_kafka_is_slow_for_a_moment_does_not_end_the_wait() -> None:
    busy = problem(503, "broker_unavailable", retryable=True)
    answer, _ = in_turn(status("running"), busy, status("completed"))
    assert client_of(answer, retries=0).job(JOB).wait(every_s=0).state == "completed"


@pytest.mark.parametrize("name", ["..", "a/b", ""])
def test_an_id_leads_nowhere_else(name: str) -> None:
    with pytest.raises(SluiceError, match="nothing is called"):
        client_of(lambda _: status("running")).job(name).status()


def test_files_are_sent_as_they_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"jpeg bytes")
    bodies: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.read())
        return httpx.Response(202, json={"job_id": JOB, "accepted": 1})

    counted: list[int] = []
    file = LocalFile(tmp_path / "a.jpg", 'say "cheese".jpg', 10)
    job = client_of(answer).jobs.upload([file], "holiday", sent=counted.append)
    assert job.submitted is not None
    assert job.submitted.accepted == 1
    assert b'filename="say %22cheese%22.jpg"' in bodies[0]
    assert b"jpeg bytes" in bodies[0]
    assert sum(counted) == 10


async def test_the_asynchronous_client_is_the_same_with_await() -> None:
    answer, requested = in_turn(httpx.ConnectError("x"), status("running"), status("completed"))
    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(base_url="http://g", transport=transport) as http:
        client = AsyncClient(connections=http, api_key="k")
        states = [found.state async for found in client.job(JOB).watch(every_s=0)]
    assert states == ["running", "completed"]
    assert {request.headers["x-api-key"] for request in requested} == {"k"}


def test_the_url_may_end_as_the_documents_write_it() -> None:
    assert wire.base_of("http://h:8002/api/v1/") == "http://h:8002"


def test_only_names_that_are_there_are_offered() -> None:
    assert all(hasattr(sluice, name) for name in sluice.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        sluice.nonsense  # noqa: B018


def test_connections_that_are_given_stay_open() -> None:
    http = httpx.Client(base_url="http://g", transport=httpx.MockTransport(lambda _: status("running")))
    with Client(connections=http):
        pass
    assert not http.is_closed
    with Client("http://g") as own:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        own.job(JOB).status()
