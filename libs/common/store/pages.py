"""What both stores make of an engine's answers: pages in id order, hits with cosine scores, instants."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from libs.common.errors import Code, SluiceError
from libs.common.store.protocol import Payload, Record, Scored
from libs.common.store.vectors import clamp


def uuid_of(point: str) -> str:
    """The point's id as an engine writes it; SluiceError store_rejected if it is no UUID."""
    try:
        return str(UUID(point))
    except ValueError as error:
        raise SluiceError(Code.STORE_REJECTED, f"a point's id must be a UUID, not {point!r}") from error


def page_of(
    found: list[Record], limit: int, after: str | None, *, more: bool
) -> tuple[list[Record], str | None]:
    """At most `limit` of the records behind `after`, and the last one's id if there may be more.

    Engines start a page at an id, this one starts after it, so that a page's last id leads to the next
    page even when that point has been deleted meanwhile. `more` says that the engine has more to give.
    """
    behind = [record for record in found if after is None or record.id != uuid_of(after)]
    page = behind[:limit]
    return page, page[-1].id if page and (more or len(behind) > limit) else None


def scored(
    ids: Sequence[str], scores: Sequence[float | None], payloads: Sequence[Payload | None]
) -> list[Scored]:
    """The hits, best first by their score, which in a collection of another metric is not the order that
    the engine found them in.
    """
    hits = [
        Scored(id=point, score=score, payload=payload or {})
        for point, score, payload in zip(ids, clamp(scores), payloads, strict=True)
    ]
    return sorted(hits, key=lambda hit: -hit.score)


def instant(text: str) -> str:
    """The instant in one way of writing, since equal ones may be written differently."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return text
