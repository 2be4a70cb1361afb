"""What a collection may be called."""

import re

from libs.common.errors import Code, SluiceError

_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")


def is_name(name: str) -> bool:
    """Whether a collection can be called so: the name is also a folder's and part of an address."""
    return _NAME.fullmatch(name) is not None


def check_new(name: str) -> None:
    """SluiceError invalid_request unless a collection can be called so."""
    if not is_name(name):
        raise SluiceError(Code.INVALID_REQUEST, f"a collection cannot be called {name!r}")


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
