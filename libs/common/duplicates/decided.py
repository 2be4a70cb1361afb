"""Which contents people said are no duplicates of each other."""

from collections.abc import Iterable
from dataclasses import dataclass

from libs.common.events import Decision


@dataclass(frozen=True, slots=True)
class Decided:
    """All decisions, by content."""

    by_hash: dict[str, frozenset[str]]
    """The ids of the decisions on each content."""
    alone: frozenset[str]
    """Contents whose own files are all kept."""

    @classmethod
    def of(cls, decisions: Iterable[Decision]) -> "Decided":
        """The decisions there are."""
        by_hash: dict[str, set[str]] = {}
        alone = set[str]()
        for each in decisions:
            if len(each.hashes) == 1:
                alone.add(each.hashes[0])
            for content in each.hashes:
                by_hash.setdefault(content, set()).add(each.decision_id)
        return cls({content: frozenset(ids) for content, ids in by_hash.items()}, frozenset(alone))

    def apart(self, one: str, other: str) -> bool:
        """Whether files of these contents were said to be no duplicates of each other."""
        if one == other:
            return one in self.alone
        return bool(self.by_hash.get(one, frozenset()) & self.by_hash.get(other, frozenset()))


NONE = Decided({}, frozenset())
