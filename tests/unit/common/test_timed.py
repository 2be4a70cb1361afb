"""What a log at LOG_LEVEL=DEBUG says of each request."""

import httpx
import pytest
from starlette.responses import Response

from libs.common.http.timed import Timed
from libs.common.metrics.instruments import Instruments


@pytest.mark.parametrize(("level", "lines"), [("DEBUG", 1), ("INFO", 0)])
async def test_each_request_is_a_line_without_its_query_where_that_is_wanted(
    level: str, lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    transport = httpx.ASGITransport(Timed(Response(status_code=204), Instruments()))
    with caplog.at_level(level):
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            await client.get("/api/v1/jobs", params={"q": "private words"})
    found = [line for line in caplog.messages if line.startswith("GET /api/v1/jobs 204, ")]
    assert len(found) == lines
    assert not any("private" in line for line in found)
