"""What is no plain file, or not for long, or not ours: everything that a folder may have besides."""

import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from libs.common.errors import Code
from tests.support import photos
from tests.support.hell.case import Case, Lay, of, only
from tests.support.hell.formats import whole


def places() -> Iterator[Case]:
    """One of each."""
    outside = only(Code.OUTSIDE_ROOTS)
    irregular, vanished = only(Code.NOT_A_REGULAR_FILE), only(Code.FILE_VANISHED)
    yield _at("a FIFO", b"fifo.jpg", os.mkfifo, irregular)
    yield _at("a socket", b"socket.jpg", _socket, irregular)
    yield _at("a folder with a photo's name", b"folder.jpg", Path.mkdir, irregular, listed=only())
    if os.geteuid() == 0:
        yield _at("a device", b"device.jpg", _device, irregular)
    yield _at("a link to itself", b"loop.jpg", _link("loop.jpg"), irregular)
    yield _at("a link to itself", b"ping.jpg", _both, irregular)
    yield _at("a link to its own folder", b"again", _link("."), irregular | outside, listed=only())
    yield _at("a link to nothing", b"dangling.jpg", _link("nothing.jpg"), vanished)
    yield _at("unreadable", b"unreadable.jpg", _unreadable, only(Code.PERMISSION_DENIED))
    yield _at("a sparse terabyte", b"sparse.jpg", _sparse, only(Code.TOO_LARGE))


def escapes(outside: Path) -> Iterator[Case]:
    """Links out of the roots: to a photo, to a folder of photos, to a system's file."""
    refused = only(Code.OUTSIDE_ROOTS)
    yield _at("a link out of the roots", b"escape.jpg", _link(str(outside / "secret.jpg")), refused)
    yield _at("a link out of the roots", b"escape-zero.jpg", _link("/dev/zero"), refused)
    yield _at("a link out of the roots", b"escape-passwd.jpg", _link("/etc/passwd"), refused)
    yield _at("a link out of the roots", b"escape-folder", _link(str(outside)), refused)
    yield _at("a link out of the roots", b"escape-up.jpg", _link("../../../../../../etc/passwd"), refused)


def lay_outside(outside: Path) -> None:
    """The photo that the links out of the roots lead to."""
    outside.mkdir()
    (outside / "secret.jpg").write_bytes(photos.jpeg(64, 48))


def _at(
    kind: str,
    name: bytes,
    lay: Callable[[Path], object],
    may: frozenset[str],
    listed: frozenset[str] | None = None,
) -> Case:
    return Case(kind, name, lambda path: _ignore(lay(path)), may, listed=listed)


def _ignore(_: object) -> None:
    return None


def _photo(path: Path) -> None:
    of(whole()["JPEG"][1] + path.name.encode())(path)


def _socket(path: Path) -> None:
    """Its name may have 108 bytes at most, so it is made from its folder."""
    with socket.socket(socket.AF_UNIX) as listener:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            listener.bind(f"/proc/self/fd/{folder}/{path.name}")
        finally:
            os.close(folder)


def _device(path: Path) -> None:
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))


def _link(target: str) -> Lay:
    return lambda path: path.symlink_to(target)


def _both(path: Path) -> None:
    """Two links to each other; the other one is hidden, so that it is no case of its own."""
    other = path.with_name(f".other-{path.name}")
    path.symlink_to(other.name)
    other.symlink_to(path.name)


def _unreadable(path: Path) -> None:
    _photo(path)
    path.chmod(0)


def _sparse(path: Path) -> None:
    _photo(path)
    os.truncate(path, 1 << 40)
