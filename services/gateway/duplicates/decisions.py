"""What people said of duplicates, remembered for every replica, collection and model."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from libs.common.duplicates.decided import Decided
from libs.common.errors import Code, SluiceError
from libs.common.events import Decision, encode
from libs.common.kafka.outgoing import Outgoing
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.table import Table
from libs.common.topics import DECISIONS
from services.gateway.api.deadlines import deadline, refreshed


@dataclass(frozen=True, slots=True)
class Decisions:
    """The table of the topic `decisions`. Each call may raise broker_unavailable."""

    table: Table[Decision]
    publisher: Publisher

    async def keep_all(self, hashes: Sequence[str]) -> Decision:
        """These contents are no duplicates of each other. Said again, it is the same decision."""
        contents = tuple(sorted(set(hashes)))
        id_ = hashlib.sha256(" ".join(contents).encode()).hexdigest()[:32]
        known = (await self._rows()).get(id_)
        if known is not None:
            return known
        made = Decision(decision_id=id_, hashes=contents)
        await self._publish(id_, encode(made))
        return made

    async def all(self) -> list[Decision]:
        """All decisions, the newest first."""
        return sorted(
            (await self._rows()).values(), key=lambda each: (each.at, each.decision_id), reverse=True
        )

    async def undo(self, decision_id: str) -> Decision:
        """Forget the decision; SluiceError not_found."""
        known = (await self._rows()).get(decision_id)
        if known is None:
            raise SluiceError(Code.NOT_FOUND, f"no decision {decision_id}: GET /duplicates/decisions has all")
        await self._publish(decision_id, None)
        return known

    async def decided(self) -> Decided:
        """All decisions as they are asked of."""
        return Decided.of((await self._rows()).values())

    async def _rows(self) -> dict[str, Decision]:
        await refreshed(self.table)
        return dict(self.table.rows)

    async def _publish(self, id_: str, body: bytes | None) -> None:
        async with deadline("writing it down"):
            await self.publisher.publish([Outgoing(DECISIONS, id_, body)])
