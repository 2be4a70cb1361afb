"""The folder of a collection, and the errors about its name."""

import re
from hashlib import sha256

from libs.common.errors import Code, SluiceError
from sluice.names import MAPPED, WORDS, is_name

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,128}")


def folder_of(name: str) -> str:
    """The folder of a collection: its name where that is plain, else a digest of it."""
    if _PLAIN.fullmatch(name):
        return name
    return MAPPED + sha256(name.encode()).hexdigest()[:40]


def is_mapped(folder: str) -> bool:
    """Whether the folder stands for a name that is kept in it."""
    return folder.startswith(MAPPED)


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
