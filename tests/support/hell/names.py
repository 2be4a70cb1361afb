"""Whole pictures under every name that a file system takes."""

import os
from collections.abc import Iterator
from pathlib import Path

from tests.support.hell.case import STORED, Case, of, only
from tests.support.hell.formats import whole

LEVELS = 200

_NAMES = (
    b"line\nbreak.jpg",
    b"carriage\rreturn.jpg",
    b"tab\tstop.jpg",
    b"\x1b[31mred\x07.jpg",
    b"not utf-8 \xff\xfe\x80.jpg",
    b"\xed\xa0\x80 half a surrogate.jpg",
    b"latin-1 caf\xe9.jpg",
    "caf\u00e9 composed.jpg".encode(),
    "cafe\u0301 decomposed.jpg".encode(),
    "\u202egpj.txet right to left.jpg".encode(),
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 family.jpg".encode(),
    "\u65e5\u672c\u8a9e.jpg".encode(),
    b"-rf.jpg",
    b" leading and trailing .jpg",
    b"%s%n{0}$HOME`id`.jpg",
    b"quote'\"double.jpg",
    b"back\\slash.jpg",
    b"semi;colon|pipe&and.jpg",
    b"a..jpg",
    b"UPPER.JPG",
    b"CON.jpg",
    b"C:colon.jpg",
    b"x" * 251 + b".jpg",
    b"\xff" * 251 + b".jpg",
    "\U0001f4f7".encode() * 62 + b".jpg",
    b"?query=1#fragment.jpg",
    b"percent%2e%2e%2f.jpg",
    b"<script>alert(1)<script>.jpg",
    b"null.jpg",
)


def odd_names() -> Iterator[Case]:
    """Each name once."""
    for name in _NAMES:
        yield _stored("odd name", b"names/" + name)


def deep() -> Iterator[Case]:
    """Two hundred levels down, and as deep as a path may be long."""
    yield _stored("200 levels deep", b"/".join([b"deep", *[b"d"] * LEVELS, b"bottom.jpg"]))
    yield _stored("200 levels deep", b"/".join([b"long", *[b"l" * 100] * 30, b"bottom.jpg"]))


def _stored(kind: str, name: bytes) -> Case:
    data = whole()["JPEG"][1]
    # Each has content of its own: none may be taken for another.
    return Case(kind, name, of(data + os.fsencode(Path(os.fsdecode(name)).name)), only(STORED), shows=(data,))
