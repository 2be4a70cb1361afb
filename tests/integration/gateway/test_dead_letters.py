"""What could not be handled is told by REST, the newest first."""

import httpx
import pytest

from libs.common.errors import Code
from libs.common.events import DeadLetter, encode
from libs.common.kafka.outgoing import Outgoing
from libs.common.kafka.publisher import Publisher
from libs.common.topics import DEAD_LETTERS

pytestmark = pytest.mark.slow

URL = "/api/v1/dead-letters"


async def test_the_latest_are_listed_and_all_are_counted(
    gateway: httpx.AsyncClient, publisher: Publisher
) -> None:
    before = (await gateway.get(URL, params={"limit": 0})).raise_for_status().json()["total"]
    for number in range(4):
        error = f"not JSON: {number}"
        letter = DeadLetter(
            topic="ingest", partition=0, offset=number, code=Code.UNDECODABLE_RECORD, error=error
        )
        await publisher.publish([Outgoing(DEAD_LETTERS, "", encode(letter))])

    found = (await gateway.get(URL, params={"limit": 3})).raise_for_status().json()

    assert found["total"] == before + 4
    assert [each["error"] for each in found["items"]] == [f"not JSON: {n}" for n in (3, 2, 1)]
    assert {(each["topic"], each["code"], "/" in each["letter"]) for each in found["items"]} == {
        ("ingest", "undecodable_record", True)
    }
