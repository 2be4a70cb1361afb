"""Which release of Sluice this is."""

from sluice import __version__


def release() -> str:
    """The release of Sluice, the same for services and clients."""
    return __version__
