"""The process that owns the embedded engine, so that nothing it does holds up its parent's event loop.

The engine keeps Python's interpreter lock during every call, fsync and compaction included: in a thread
next to an event loop it would stop the loop for as long. Here it serves one parent over a socket, call by
call in the order they come, and ends when the parent closes its end or dies.
"""

import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.store.engine import wire
from libs.common.store.engine.answers import answer
from libs.common.store.engine.root import Root

IDLE_SECONDS = 1.0
"""A pause this long is used to flush and compact."""


def serve(root: Root, parent: socket.socket) -> None:
    """Answer calls until the parent hangs up."""
    while (body := _receive(root, parent)) is not None:
        parent.sendall(wire.frame(_reply(root, body)))


def _reply(root: Root, body: bytes) -> wire.Reply[Any]:
    try:
        return wire.Reply(result=answer(root, wire.read_call(body)))
    except SluiceError as error:
        return wire.Reply(failed=wire.Failed(error.code, error.detail, isinstance(error, UnavailableError)))
    except (TypeError, ValueError) as error:
        # The binding's words for what does not fit the engine's types.
        return wire.Reply(failed=wire.Failed(Code.STORE_REJECTED, f"the store cannot hold this: {error}"))
    except Exception as error:  # noqa: BLE001 - the engine raises bare Exception, disk errors included
        if type(error) is not Exception and not isinstance(error, OSError):
            return wire.Reply(failed=wire.Failed(Code.INTERNAL, f"{type(error).__name__}: {error}"))
        return wire.Reply(failed=wire.Failed(Code.STORE_UNAVAILABLE, f"the store failed: {error}", away=True))


def _receive(root: Root, parent: socket.socket) -> bytes | None:
    """The next call's body, or None at the end. Uses pauses to tidy up."""
    born_of = os.getppid()
    while not select.select([parent], [], [], IDLE_SECONDS)[0]:
        root.tidy()
        if os.getppid() != born_of:
            # The parent is dead, and some process that it forked keeps its end of the socket open.
            return None
    length = _exactly(parent, wire.LENGTH_BYTES)
    return None if length is None else _exactly(parent, int.from_bytes(length, "big"))


def _exactly(parent: socket.socket, count: int) -> bytes | None:
    received = bytearray()
    while len(received) < count:
        part = parent.recv(min(count - len(received), 1 << 20))
        if not part:
            return None
        received += part
    return bytes(received)


def main(folder: str, descriptor: str, lock_patience_seconds: str) -> None:
    """Serve the collections in `folder` to the parent at the other end of the socket `descriptor`."""
    # The parent decides when to end: a Ctrl-C in the terminal reaches this process too, while the parent
    # still has writes to drain.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with socket.socket(fileno=int(descriptor)) as parent:
        try:
            root = Root(Path(folder), float(lock_patience_seconds))
        except SluiceError as error:
            parent.sendall(wire.frame(wire.Reply(failed=wire.Failed(error.code, error.detail))))
            return
        try:
            parent.sendall(wire.frame(wire.Reply(result=None)))
            serve(root, parent)
        except ConnectionError:
            pass  # The parent died; what it was told is in the log, and closing flushes it.
        finally:
            root.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
