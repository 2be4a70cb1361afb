"""Which release of Sluice this is."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def release() -> str:
    """The installed release of Sluice."""
    try:
        return version("sluice")
    except PackageNotFoundError:
        return "source"
