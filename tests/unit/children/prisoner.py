"""What a process can do that has given up its rights: it tries what it is asked, and answers how it went."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from libs.common.children.framing import Channel
from libs.common.children.sandbox import close_files
from libs.common.children.serving import confined, serve

ATTEMPTS: dict[str, Callable[[str], object]] = {
    "socket": lambda _: socket.socket(),
    "udp": lambda _: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "unix": lambda _: socket.socketpair(),
    "run": lambda path: subprocess.run([path], check=True),
    "read": lambda path: Path(path).read_bytes(),
    "list": os.listdir,
    "write": lambda path: Path(path).write_bytes(b"x"),
    "truncate": lambda path: os.truncate(path, 0),
    "remove": os.unlink,
    "link": lambda path: Path(path).symlink_to("/etc/passwd"),
    "signal": lambda pid: os.kill(int(pid), signal.SIGCONT),
    "environment": os.environ.__getitem__,
    "import": __import__,
    "privileges": lambda _: 1 / int(ctypes.CDLL(None).prctl(39, 0, 0, 0, 0) == 0),
}


def answer(channel: Channel, body: bytes) -> bytes:
    what, _, argument = body.decode().partition(" ")
    try:
        if what == "descriptor":
            with os.fdopen(channel.take_descriptors()[0], "rb") as file:
                return file.read()
        ATTEMPTS[what](argument)
    except Exception as error:  # noqa: BLE001 - it is the answer
        return type(error).__name__.encode()
    return b"done"


if __name__ == "__main__":
    end = confined(sys.argv)
    close_files(reads=())
    serve(end, lambda body: answer(end, body))
