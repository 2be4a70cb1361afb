"""Importing httpx without what it takes along wherever that happens to be installed.

Its own command line brings click, Pygments and Rich, and its HTTP/2 brings h2: together they take as long as
all the rest of a command, which uses neither. In an environment of the services both are there.
"""

import sys
from importlib import import_module

UNUSED = ("httpx._main", "h2")


def import_httpx() -> None:
    """Import httpx, and what it connects with, as if `UNUSED` were not installed."""
    hidden = [name for name in UNUSED if name not in sys.modules]
    try:
        for name in hidden:
            sys.modules[name] = None  # type: ignore[assignment] # so that its import is an ImportError
        import_module("httpx")
        import_module("httpcore")
    finally:
        for name in hidden:
            del sys.modules[name]
