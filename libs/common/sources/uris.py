"""Which paths are URIs. A path that travels is absolute: `/photos/a.jpg`, `s3://bucket/a.jpg`."""

import os
import re
from urllib.parse import unquote

BUCKETS = frozenset(("s3", "gs", "az"))
"""Schemes of object stores: `s3://BUCKET/KEY`, the key as it is, nothing in it written with percent signs."""

_SCHEME = re.compile(rb"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_FILE = "file://"


def scheme_of(path: bytes) -> str | None:
    """The URI's scheme in lower case; None for a path of this machine."""
    if path.startswith(b"/"):
        return None
    found = _SCHEME.match(path)
    return None if found is None else found[1].decode().lower()


def is_remote(path: bytes) -> bool:
    """Whether what it names must be fetched."""
    return scheme_of(path) is not None


def plain(path: str) -> str:
    """A `file://` URI as the path that it means; anything else as it is."""
    if path[: len(_FILE)].lower() != _FILE:
        return path
    host, slash, rest = path[len(_FILE) :].partition("/")
    return unquote(slash + rest) if host in ("", "localhost") else path


def shown(uri: bytes) -> str:
    """The URI for people, without a name and password that it may hold."""
    text = os.fsdecode(uri)
    scheme, separator, rest = text.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}" if separator else text
