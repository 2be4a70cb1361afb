"""Which paths a request names for what has changed. Pure."""

from collections.abc import Iterable, Set

import msgspec

MOST_PATHS = 2000
MOST_BYTES = 40_000
"""Of the paths as JSON, in a request."""


def fitting(root: bytes, paths: Iterable[bytes]) -> tuple[str, ...]:
    """The paths relative to the root, as far as a request holds them; empty for the whole root.

    Where they are too many, or their names are not UTF-8, the folders above stand for them.
    """
    names = _outermost({path[len(root) :].strip(b"/") for path in paths})
    while b"" not in names:
        odd = {name for name in names if not _is_utf8(name)}
        if not odd and _fit(names):
            return tuple(sorted(name.decode() for name in names))
        names = _outermost({_parent(name) if name in odd or not odd else name for name in names})
    return ()


def _fit(names: Set[bytes]) -> bool:
    return len(names) <= MOST_PATHS and len(msgspec.json.encode([n.decode() for n in names])) <= MOST_BYTES


def _outermost(names: Set[bytes]) -> set[bytes]:
    """Without those that lie in a folder among them."""
    return {name for name in names if not any(above in names for above in _above(name))}


def _above(name: bytes) -> Iterable[bytes]:
    while name:
        name = _parent(name)
        yield name


def _parent(name: bytes) -> bytes:
    return name.rpartition(b"/")[0]


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True
