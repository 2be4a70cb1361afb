# Made of sluice/aio/form.py by `python -m scripts.sync_client`: change that.
"""Files of this machine as one multipart body."""

import secrets
from collections.abc import Callable, Iterator, Sequence

from sluice.errors import Code, SluiceError
from sluice.files.selecting import LocalFile, sendable

_CHUNK = 1024 * 1024


class Form:
    """The files as a multipart body, read from disk as it is sent."""

    def __init__(self, files: Sequence[LocalFile], sent: Callable[[int], None] = lambda _: None) -> None:
        """`sent` hears how many bytes of files have gone out since it was last called."""
        self._files = files
        self._sent = sent
        self._boundary = secrets.token_hex(16)

    @property
    def content_type(self) -> str:
        """The body's content type, with its boundary."""
        return f"multipart/form-data; boundary={self._boundary}"

    def body(self) -> Iterator[bytes]:
        """The body, a piece at a time. Raises SluiceError if a file cannot be read."""
        for file in self._files:
            yield f'--{self._boundary}\r\nContent-Disposition: form-data; name="files"; filename="{_quoted(file.name)}"\r\nContent-Type: application/octet-stream\r\n\r\n'.encode()
            for chunk in self._content(file):
                yield chunk
            yield b"\r\n"
        yield f"--{self._boundary}--\r\n".encode()

    def _content(self, file: LocalFile) -> Iterator[bytes]:
        try:
            with file.path.open("rb") as content:
                while chunk := content.read(_CHUNK):
                    yield chunk
                    self._sent(len(chunk))
        except OSError as error:
            raise SluiceError(
                Code.PERMISSION_DENIED, f"{file.path} cannot be read: {error.strerror}; nothing was ingested"
            ) from error


def _quoted(name: str) -> str:
    """A file name as browsers write it into a header."""
    return sendable(name).replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
