"""Which files can be one picture by their names: those of the same folder and stem."""

import re
from hashlib import blake2b

_EDITED = re.compile(r"[ _-]edited$", re.IGNORECASE)
_ID_BYTES = 12


def key_of(path: str) -> tuple[str, str]:
    """Files of one stack have the same: their folder and their stem, case and `-edited` aside."""
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    return folder, _EDITED.sub("", stem).casefold()


def is_edited(path: str) -> bool:
    """Whether the file's name says that it is an edited version of another."""
    name = path.rpartition("/")[2]
    return _EDITED.search(name.rpartition(".")[0] or name) is not None


def stack_of(path: str) -> str:
    """The key in short, as points carry it."""
    return blake2b("\0".join(key_of(path)).encode(), digest_size=_ID_BYTES).hexdigest()
