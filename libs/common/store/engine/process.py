"""The process that owns the embedded engine, so that nothing it does holds up its parent's event loop.

The engine keeps Python's interpreter lock during every call, fsync and compaction included: in a thread
next to an event loop it would stop the loop for as long. Here it serves one parent over a socket, call by
call in the order they come, and ends when the parent closes its end or dies.
"""

import os
import sys
from pathlib import Path
from typing import Any

from libs.common.children.framing import Channel
from libs.common.children.serving import opened, serve
from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.store.engine import wire
from libs.common.store.engine.answers import answer
from libs.common.store.engine.root import Root


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


def run(channel: Channel) -> None:
    """Serve the collections that the first call names, until the parent is gone."""
    body = channel.receive()
    if body is None:
        return
    wanted = wire.read_open(body)
    try:
        root = Root(Path(os.fsdecode(wanted.root)), wanted.lock_patience_seconds, wanted.indexes)
    except SluiceError as error:
        channel.send(wire.encode(wire.Reply(failed=wire.Failed(error.code, error.detail))))
        return
    try:
        channel.send(wire.encode(wire.Reply(result=None)))
        serve(channel, lambda body: wire.encode(_reply(root, body)), idle=root.tidy)
    except ConnectionError:
        pass  # The parent died; what it was told is in the log, and closing flushes it.
    finally:
        root.close()


if __name__ == "__main__":
    run(opened(sys.argv))
