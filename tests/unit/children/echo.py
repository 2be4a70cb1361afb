"""What the children in these tests run: it answers each body with the same body, or does what it says."""

import os
import sys
import time

from libs.common.children.framing import Channel
from libs.common.children.serving import confined, serve


def answer(body: bytes, channel: Channel) -> bytes:
    if body == b"read":
        return b"|".join(_read(descriptor) for descriptor in channel.take_descriptors())
    if body == b"open files":
        with os.scandir("/proc/self/fd") as entries:
            return b"%d" % len(list(entries))
    if body == b"exit":
        os._exit(3)
    if body == b"wait":
        time.sleep(600)
    if body == b"compute":
        while True:
            pass
    if body == b"half a second":
        until = time.process_time() + 0.5
        while time.process_time() < until:
            pass
    return body


def _read(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


if __name__ == "__main__":
    opened = confined(sys.argv)
    serve(opened, lambda body: answer(body, opened))
