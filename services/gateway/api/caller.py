"""Who calls: the key of the request under way, and which collections it may be used for."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from libs.common.errors import Code, SluiceError
from services.gateway.api.keys import ANYONE, Key

_caller: ContextVar[Key] = ContextVar("caller", default=ANYONE)


def caller() -> Key:
    """The key of the request under way; ANYONE outside of one."""
    return _caller.get()


@contextmanager
def called_with(key: Key) -> Iterator[None]:
    """Have `key` be the caller's in the block, and in the tasks that it starts."""
    token = _caller.set(key)
    try:
        yield
    finally:
        _caller.reset(token)


def sees(collection: str | None) -> bool:
    """Whether the caller may know of the collection."""
    return caller().sees(collection)


def check_collection(collection: str) -> None:
    """Raise SluiceError forbidden_by_key where the caller's key is not for this collection."""
    if not sees(collection):
        detail = f"the key {caller().name} is not for collection {collection}"
        raise SluiceError(Code.FORBIDDEN_BY_KEY, detail)
