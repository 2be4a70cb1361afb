"""Records that cannot be decoded, put among the others; each must end as a dead letter."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Protocol

from libs.common.errors import UnavailableError
from libs.common.events import DeadLetter
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import Outgoing
from libs.common.kafka.publisher import Publisher
from libs.common.settings import StageSettings
from libs.common.topics import IMAGES, INGEST, ML_RESULTS, PATHS, POINTS

TOPICS = (INGEST, PATHS, IMAGES, ML_RESULTS, POINTS)
Place = tuple[str, int, int]
"""Topic, partition, offset."""


class Poison:
    """Sends poison and remembers it: `sent` all bodies, `places` where those lie that were acknowledged."""

    def __init__(self, publisher: Publisher, random: Random) -> None:
        self._publisher = publisher
        self._random = random
        self.sent: set[bytes] = set()
        self.places: set[Place] = set()

    @classmethod
    @asynccontextmanager
    async def open(cls, bootstrap_servers: str, random: Random) -> AsyncIterator["Poison"]:
        """With a producer of its own."""
        settings = StageSettings(
            kafka_bootstrap_servers=bootstrap_servers, instance="poison", data_dir=Path("unused")
        )
        async with Publisher.open(Connection.of(settings, "chaos")) as publisher:
            yield cls(publisher, random)

    async def send(self) -> str:
        """Send one, unlike any other, to some topic; the topic's name."""
        topic, body = self._random.choice(TOPICS), b"\xc1 poison " + self._random.randbytes(16)
        self.sent.add(body)
        try:
            [place] = await self._publisher.publish([Outgoing(topic, "poison", body)])
        except UnavailableError:
            # No one knows whether it is there: it may have a letter, and need not.
            return topic.name
        self.places.add((place.topic, place.partition, place.offset))
        return topic.name


class Remembered(Protocol):
    """What is known of the poison that was sent."""

    sent: set[bytes]
    places: set[Place]


def complaints(dead_letters: Iterable[DeadLetter], poison: Remembered) -> list[str]:
    """Poison without a letter, and letters of what was no poison."""
    found = list(dead_letters)
    places = {(dead_letter.topic, dead_letter.partition, dead_letter.offset) for dead_letter in found}
    silent = sorted(poison.places - places)
    strange = [dead_letter for dead_letter in found if dead_letter.body not in poison.sent]
    wrong = []
    if silent:
        wrong.append(f"{len(silent)} unreadable records have no dead letter: {silent[:3]}")
    if strange:
        wrong.append(f"{len(strange)} dead letters of records that were sound, the first: {strange[0]}")
    return wrong
