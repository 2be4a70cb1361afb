"""Following a job with plain HTTP: where it is, what changed, and answers that are small."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from libs.common.kafka.publisher import Publisher
from tests.integration.gateway.test_jobs import API, accepted, finished, say


async def test_a_status_that_did_not_change_is_a_304(
    gateway: httpx.AsyncClient, publisher: Publisher
) -> None:
    job_id = str(uuid4())
    await say(publisher, accepted(job_id))
    url = f"{API}/ingest/status/{job_id}"
    first = await gateway.get(url)
    known = {"if-none-match": first.headers["etag"]}
    assert (await gateway.get(url, headers=known)).status_code == 304

    waiting = asyncio.create_task(followed(gateway, url, first.headers["etag"]))
    await say(publisher, finished(job_id))
    async with asyncio.timeout(20):
        *before, last = await waiting
    assert (last.status_code, last.json()["state"]) == (200, "completed")
    # A reason why it waits, which may come and go meanwhile, is a change too.
    assert [answer.json()["state"] for answer in before] == ["running"] * len(before)


async def followed(gateway: httpx.AsyncClient, url: str, etag: str) -> list[httpx.Response]:
    """The answers to a client that asks for each change until the job is over."""
    answers: list[httpx.Response] = []
    while not answers or answers[-1].json()["state"] == "running":
        answer = await gateway.get(url, params={"wait": 30}, headers={"if-none-match": etag})
        assert answer.headers["etag"] != etag
        etag = answer.headers["etag"]
        answers.append(answer)
    return answers


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/ingest/status/nonsense", "job_not_found"),
        ("/ingest/jobs/nonsense/files", "job_not_found"),
        ("/tasks/nonsense", "task_not_found"),
        ("/images/nonsense/info", "image_not_found"),
    ],
)
async def test_an_id_of_no_form_is_one_that_nothing_has(
    gateway: httpx.AsyncClient, path: str, code: str
) -> None:
    answer = await gateway.get(API + path)
    assert (answer.status_code, answer.json()["code"]) == (404, code)
    assert isinstance(answer.json()["detail"], str)


async def test_the_type_of_a_problem_leads_to_a_page_about_it(gateway: httpx.AsyncClient) -> None:
    problem = (await gateway.get(f"{API}/ingest/status/{uuid4()}")).json()
    path, _, code = problem["type"].partition("#")
    page = await gateway.get(path)
    assert code == problem["code"]
    assert page.status_code == 200
    assert f"id='{code}'" in page.text


async def test_answers_are_compressed_for_who_takes_that(gateway: httpx.AsyncClient) -> None:
    compressed = await gateway.get("/openapi.json", headers={"accept-encoding": "gzip"})
    plain = await gateway.get("/openapi.json", headers={"accept-encoding": "identity"})
    assert compressed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert compressed.json() == plain.json()
    assert int(compressed.headers["content-length"]) < len(plain.content) / 4
