"""What counts as a copy, and which copy is kept: what is declared, what is set, and what a call adds."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from libs.common.duplicates import protected
from libs.common.duplicates.keeper import Stored, best, traits_of
from libs.common.duplicates.protected import Protected, ProtectedSoFar
from libs.common.points.fields import Fields
from libs.common.points.paths import path_of
from sluice.files import passed_over
from sluice.files.passed_over import PassedOver

StoredT = TypeVar("StoredT", bound=Stored)


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of docs/duplicates.md with the folders that they speak of."""

    protected: Protected | ProtectedSoFar = protected.NONE
    passed_over: PassedOver = passed_over.BY_NAME

    def protecting(self, folders: Iterable[str]) -> "Policy":
        """The same rules with more protected folders."""
        return replace(self, protected=Protected.of(self.protected.folders, folders))

    def copies(self, points: Iterable[StoredT]) -> list[StoredT]:
        """Those that can be copies of each other: a link is none, nor is what lies in a bin."""
        return [point for point in points if self._counts(Fields(point.payload))]

    def keeper(self, points: Iterable[Stored]) -> tuple[str, str]:
        """The id of the point to keep, and the rule that decided, in words; ValueError if there are none."""
        return best(traits_of(point, self.protected) for point in points)

    def _counts(self, point: Fields) -> bool:
        return point.link_target is None and not self.passed_over.holds(path_of(point) or b"")
