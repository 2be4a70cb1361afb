"""The error type and the codes of the whole system; clients have them from the same place."""

from sluice.errors import Code, SluiceError, UnavailableError

__all__ = ["Code", "FileError", "SluiceError", "UnavailableError"]


class FileError(SluiceError):
    """One file's final failure; the batch around it goes on."""
