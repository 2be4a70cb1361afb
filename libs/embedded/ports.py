"""The broker's ports: that of clients stays the same over restarts, so that other programs find it again."""

import socket
from pathlib import Path

from libs.common.errors import Code, SluiceError
from libs.embedded import access
from libs.embedded.config import Ports


def choose(directory: Path, wanted: Ports | int | None) -> Ports:
    """`wanted`, where a number is the port for clients alone.

    None: the port of the last start in `directory` if it is free, else any free one. Raises SluiceError
    port_busy where the one that is wanted is taken.
    """
    if isinstance(wanted, Ports):
        return wanted
    if wanted is not None and not _is_free(wanted):
        detail = f"port {wanted} is in use: stop what listens there, or set KAFKA_PORT to another one"
        raise SluiceError(Code.PORT_BUSY, detail)
    known = wanted or _last(directory)
    free = free_ports()
    if known is None or not _is_free(known):
        return free
    return Ports(clients=known, controller=free.clients if free.controller == known else free.controller)


def free_ports() -> Ports:
    """Two ports that no process listens on."""
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return Ports(clients=first.getsockname()[1], controller=second.getsockname()[1])


def _last(directory: Path) -> int | None:
    known = access.read(directory)
    port = known.bootstrap_servers.rpartition(":")[2] if known else ""
    return int(port) if port.isdecimal() else None


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        # As the broker does: the connections of its last run may still be closing.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
