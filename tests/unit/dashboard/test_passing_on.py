"""What visitors send to the dashboard goes on to the gateway as it comes; nothing of it is kept here."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from libs.common.errors import Code
from libs.common.http.problems.problem import problem
from services.dashboard import data
from services.dashboard.pages.library import finding

MOST = 1_000_000
CHUNK = bytes(100_000)


class Refusing(httpx.AsyncBaseTransport):
    """A gateway that refuses a body as soon as it is larger than MOST bytes."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        taken = 0
        assert isinstance(request.stream, httpx.AsyncByteStream)
        async for chunk in request.stream:
            taken += len(chunk)
            if taken > MOST:
                break
        refusal = problem(Code.TOO_LARGE, f"the request is larger than {MOST:,} bytes")
        return httpx.Response(413, content=bytes(refusal.body), headers=dict(refusal.headers))


@pytest.mark.parametrize("path", ["/data/collections/c/found?called=a.jpg", "/data/upload"])
async def test_a_body_without_end_is_read_no_further_than_the_gateway_takes_it(path: str) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += len(CHUNK)
            yield CHUNK

    app = FastAPI()
    app.include_router(finding.router)
    app.include_router(data.router)
    async with httpx.AsyncClient(transport=Refusing(), base_url="http://gateway") as app.state.http:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://dashboard") as visitor:
            headers = {"content-type": "multipart/form-data; boundary=x"}
            answer = await visitor.post(path, content=endless(), headers=headers)

    assert "larger than 1,000,000 bytes" in answer.text
    assert read <= 2 * MOST
