"""Files of this machine as one multipart body."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence

from sluice.errors import Code, SluiceError
from sluice.files.selecting import LocalFile, sendable

_CHUNK = 1024 * 1024


class AsyncForm:
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

    async def body(self) -> AsyncIterator[bytes]:
        """The body, a piece at a time. Raises SluiceError if a file cannot be read."""
        for file in self._files:
            yield (
                f"--{self._boundary}\r\n"
                f'Content-Disposition: form-data; name="files"; filename="{_quoted(file.name)}"\r\n'
                "Content-Type: application/octet-stream\r\n\r\n"
            ).encode()
            async for chunk in self._content(file):
                yield chunk
            yield b"\r\n"
        yield f"--{self._boundary}--\r\n".encode()

    async def _content(self, file: LocalFile) -> AsyncIterator[bytes]:
        try:
            with await asyncio.to_thread(file.path.open, "rb") as content:
                while chunk := await asyncio.to_thread(content.read, _CHUNK):
                    yield chunk
                    self._sent(len(chunk))
        except OSError as error:
            raise SluiceError(
                Code.PERMISSION_DENIED, f"{file.path} cannot be read: {error.strerror}; nothing was ingested"
            ) from error


def _quoted(name: str) -> str:
    """A file name as browsers write it into a header."""
    return sendable(name).replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
