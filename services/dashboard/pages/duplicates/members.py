"""Members of a group of similar photos: what is known of each, and how it differs from the keeper."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from services.dashboard import words
from sluice.models.duplicates import Group, Member

Fact = Callable[[Member], str]


@dataclass(frozen=True, slots=True)
class Shown:
    """One line about a member; `differs` from the keeper's."""

    name: str
    text: str
    differs: bool


def _pixels(member: Member) -> str:
    return f"{member.width} x {member.height}" if member.width and member.height else ""


def _content(member: Member) -> str:
    if member.same_file:
        return "another name of the same file"
    return {True: "the same pixels", False: "other pixels", None: ""}[member.same_pixels]


FACTS: dict[str, Fact] = {
    "Folder": lambda member: str(PurePosixPath(member.file_path).parent) if member.file_path else "",
    "Pixels": _pixels,
    "Size": lambda member: words.size(member.size) if member.size else "",
    "Taken": lambda member: (member.taken_at or "").replace("T", " ")[:16],
    "Camera": lambda member: member.camera or "",
    "Sharpness": lambda member: f"{member.sharpness:.0f}" if member.sharpness is not None else "",
    "Content": _content,
}


def compared(group: Group, member: Member) -> Iterator[Shown]:
    """What is known of a member, each line next to the keeper's."""
    keeper = next((each for each in group.points if each.id == group.keeper_id), member)
    for name, fact in FACTS.items():
        text = fact(member)
        if text:
            yield Shown(name, text, member.id != keeper.id and text != fact(keeper))
