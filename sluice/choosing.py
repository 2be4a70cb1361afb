"""Naming one of several by its id, by the first characters of it, or as the latest."""

from collections.abc import Sequence

from sluice.errors import Code, SluiceError

LATEST = "latest"
FULL_ID = len("00000000-0000-0000-0000-000000000000")


def chosen(name: str, ids: Sequence[str], what: str, code: Code) -> str:
    """The id of `ids`, the newest first, that is meant; SluiceError `code` where none or several are.

    `what` is what they are, such as job.
    """
    found = list(ids[:1]) if name == LATEST else [each for each in ids if each.startswith(name)]
    if len(found) != 1:
        why = f"{len(found)} {what}s start with {name}" if found else f"no recent {what} is named {name}"
        raise SluiceError(code, why)
    return found[0]
