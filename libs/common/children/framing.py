"""How messages travel between a process and its child: over a Unix socket pair, each after its length.

A frame is the length of a body (4 bytes, big-endian) and the body. Both ends only answer: nothing is sent
unasked. File descriptors may go with a body to the child, at most MOST_DESCRIPTORS of them (SCM_RIGHTS).
"""

import os
import select
import socket
from collections.abc import Iterator

LENGTH_BYTES = 4
MOST_BYTES = 1 << 30
"""A longer body is refused: a child that was taken over must not fill its parent's memory."""

MOST_DESCRIPTORS = 128

_PART_BYTES = 1 << 20
_PIECE_BYTES = 1 << 16


def framed(body: bytes) -> bytes:
    """The body as it travels; ValueError if it is longer than MOST_BYTES."""
    return _length(body) + body


class Frames:
    """Puts bodies together from what arrives in any pieces. What is read goes into `space`, then `filled`.

    A long body is read to where it stays: to copy it would take as long as to read it.
    """

    def __init__(self) -> None:
        self._pieces = bytearray(_PIECE_BYTES)
        self._kept = 0
        self._body = bytearray()
        self._missing = 0

    def space(self) -> memoryview:
        """Where the next bytes are to be written."""
        if self._missing:
            return memoryview(self._body)[-self._missing :]
        return memoryview(self._pieces)[self._kept :]

    def filled(self, count: int) -> Iterator[bytearray]:
        """The bodies that are whole now that `count` bytes were written; ValueError for one too long."""
        if self._missing:
            self._missing -= count
            if not self._missing:
                yield self._body
            return
        end = self._kept + count
        at = 0
        while end - at >= LENGTH_BYTES:
            start = at + LENGTH_BYTES
            length = _checked(int.from_bytes(self._pieces[at:start], "big"))
            at = min(start + length, end)
            body = self._pieces[start:at]
            if len(body) < length:
                self._missing = length - len(body)
                self._body = body + bytearray(self._missing)
                break
            yield body
        self._kept = end - at
        self._pieces[: self._kept] = self._pieces[at:end]


class Channel:
    """The child's end, which blocks."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._descriptors: list[int] = []

    def take_descriptors(self) -> list[int]:
        """Those that came with the last body, for the caller to close."""
        taken, self._descriptors = self._descriptors, []
        return taken

    def send(self, body: bytes) -> None:
        """Send one body; OSError if the parent is gone."""
        if len(body) < _PIECE_BYTES:
            self._end.sendall(framed(body))
        else:
            self._end.sendall(_length(body))
            self._end.sendall(body)

    def waits(self, seconds: float) -> bool:
        """Whether a body, or the end, arrives within so many seconds."""
        return bool(select.select([self._end], [], [], seconds)[0])

    def receive(self) -> bytes | None:
        """The next body; None if the parent has closed its end. Closes descriptors that were not taken."""
        for descriptor in self.take_descriptors():
            os.close(descriptor)
        begin, self._descriptors, _, _ = socket.recv_fds(self._end, LENGTH_BYTES, MOST_DESCRIPTORS)
        length = self._exactly(LENGTH_BYTES, begin) if begin else None
        return None if length is None else self._exactly(_checked(int.from_bytes(length, "big")))

    def _exactly(self, count: int, begin: bytes = b"") -> bytes | None:
        received = bytearray(begin)
        while len(received) < count:
            part = self._end.recv(min(count - len(received), _PART_BYTES))
            if not part:
                return None
            received += part
        return bytes(received)


def _length(body: bytes) -> bytes:
    return _checked(len(body)).to_bytes(LENGTH_BYTES, "big")


def _checked(length: int) -> int:
    if length > MOST_BYTES:
        raise ValueError(f"a message of {length:,} bytes; at most {MOST_BYTES:,} travel")
    return length
