"""What a collection may be called."""

import re
import unicodedata
from hashlib import sha256

from libs.common.errors import Code, SluiceError

MOST_CHARACTERS = 128
WORDS = (
    '1 to 128 characters: letters of any script, digits, spaces and signs, none of / \\ < > : " | ? * and no '
    "dot or space at the beginning"
)
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,128}")
_FORBIDDEN = frozenset('/\\<>:"|?*')
"""What a Qdrant server takes for no name, and what would lead out of a folder."""
_MAPPED = "~"
"""Names of folders that stand for a name that is not plain begin with this; no plain name does."""


def is_name(name: str) -> bool:
    """Whether a collection can be called so."""
    return (
        0 < len(name) <= MOST_CHARACTERS
        and name == canonical(name)
        and name.isprintable()
        and not _FORBIDDEN & set(name)
        and not name.startswith((".", _MAPPED))
    )


def canonical(name: str) -> str:
    """The name in the one form that it is stored in: NFC, without spaces around it."""
    return unicodedata.normalize("NFC", name).strip()


def folder_of(name: str) -> str:
    """The folder of a collection: its name where that is plain, else a digest of it."""
    if _PLAIN.fullmatch(name):
        return name
    return _MAPPED + sha256(name.encode()).hexdigest()[:40]


def is_mapped(folder: str) -> bool:
    """Whether the folder stands for a name that is kept in it."""
    return folder.startswith(_MAPPED)


def check_new(name: str) -> None:
    """SluiceError invalid_request unless a collection can be called so."""
    if not is_name(name):
        raise SluiceError(Code.INVALID_REQUEST, f"a collection cannot be called {name!r}: use {WORDS}")


def check_known(name: str) -> None:
    """SluiceError collection_not_found where no collection can be called so."""
    if not is_name(name):
        raise not_found(name)


def not_found(name: str) -> SluiceError:
    """The error of a collection that does not exist."""
    return SluiceError(Code.COLLECTION_NOT_FOUND, f"there is no collection '{name}'")


def exists(name: str) -> SluiceError:
    """The error of a new collection whose name is taken."""
    return SluiceError(Code.COLLECTION_EXISTS, f"collection '{name}' exists already")
