"""Text as people wrote it, out of the bytes that programs made of it."""

import re
from collections.abc import Iterable

MOST_CHARACTERS = 8192
MOST_NAME_CHARACTERS = 256
MOST_NAMES = 256

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_SPACES = re.compile(r"\s+")


def decoded(data: bytes, declared: str | None = None) -> str:
    """UTF-8, else the declared character set, else Latin-1 with what Windows added to it, or without."""
    data = data.split(b"\0", 1)[0]
    for charset in ("utf-8", declared, "cp1252"):
        try:
            if charset:
                return data.decode(charset)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def utf16(data: bytes) -> str:
    """Text as Windows writes it."""
    return data.decode("utf-16-le", "replace").split("\0", 1)[0]


def clean(text: str | None) -> str | None:
    """The text without control characters, of at most 8,192 characters; None where nothing is left."""
    if not text:
        return None
    # What is printable has none; this is asked of each photo a dozen times.
    bare = text if text.isprintable() else _CONTROLS.sub(" ", text)
    return bare.strip()[:MOST_CHARACTERS].strip() or None


def name(text: str | None) -> str | None:
    """As `clean`, in one line of at most 256 characters."""
    cleaned = clean(text)
    if cleaned is None:
        return None
    one_line = cleaned if cleaned.isprintable() and "  " not in cleaned else _SPACES.sub(" ", cleaned)
    return one_line[:MOST_NAME_CHARACTERS].strip() or None


def names(texts: Iterable[str]) -> tuple[str, ...]:
    """The different names among the texts, at most 256, in their order."""
    kept = dict.fromkeys(cleaned for text in texts if (cleaned := name(text)))
    return tuple(list(kept)[:MOST_NAMES])


def camera_name(make: str | None, model: str | None) -> str | None:
    """Make and model, without saying the make twice."""
    if not make or not model:
        return model or make
    first = make.split()[0]
    return model if model.lower().startswith(first.lower()) else f"{make} {model}"
