"""When points of gone files must not be removed without a person having looked."""

from msgspec import Struct

from libs.common.events import Prune


class Situation(Struct, frozen=True, kw_only=True):
    """What a sync found. `gone` and `points` count points below the root; `place` is where the root lies."""

    files: int
    unreadable: int
    gone: int
    points: int
    place: str | None
    place_before: str | None


def objection(found: Situation, prune: Prune, most_gone: float) -> str | None:
    """Why nothing may be removed, in words; None if it may be, or if there is nothing to remove."""
    if not found.gone:
        return None
    return _impossible(found) or (None if prune == "now" else _unasked(found, prune, most_gone))


def is_whole(found: Situation) -> bool:
    """Whether the listing shows everything that is there, so that what it lacks is gone."""
    return _impossible(found) is None


def _impossible(found: Situation) -> str | None:
    if found.place is None:
        return "the folder is missing"
    if not found.files:
        return "the folder is empty: is its disk or share connected?"
    if found.unreadable:
        return f"{found.unreadable} entries could not be read, so the listing is not whole"
    return None


def _unasked(found: Situation, prune: Prune, most_gone: float) -> str | None:
    if prune == "off":
        return "prune is off"
    if prune == "ask":
        return "prune waits to be asked"
    if found.place_before not in (None, found.place):
        return f"the folder is on another device than last time: {found.place} and not {found.place_before}"
    if found.gone > most_gone * found.points:
        return f"{found.gone} of {found.points} files are gone, more than {most_gone:.0%}"
    return None
