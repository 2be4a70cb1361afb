"""Taking back what was done with a group of similar photos, the last first."""

from typing import NamedTuple

from sluice import AsyncClient
from sluice.models.duplicates import Group


class Done(NamedTuple):
    """What was done with a group: files that moved, or a decision; and the bytes that it won."""

    group: Group
    archive_id: str | None = None
    decision_id: str | None = None
    won: int = 0


class Undoing:
    """What was done in this review."""

    def __init__(self, api: AsyncClient) -> None:
        self._api = api
        self._done: list[Done] = []

    @property
    def won(self) -> int:
        """Bytes in all."""
        return sum(each.won for each in self._done)

    def __bool__(self) -> bool:
        return bool(self._done)

    def add(self, done: Done) -> None:
        """This was done."""
        self._done.append(done)

    async def last(self) -> Group:
        """The group that the last thing was done with, as it was before; SluiceError where it stays done."""
        last = self._done[-1]
        if last.archive_id is not None:
            await self._api.duplicates.restore(last.archive_id)
        if last.decision_id is not None:
            await self._api.duplicates.undecide(last.decision_id)
        self._done.pop()
        return last.group
