"""Keys: who may call, for what, and in which collections."""

import hashlib
import hmac
import logging
import os
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import msgspec
from msgspec import Struct
from pydantic import SecretStr

from libs.common.errors import Code, SluiceError
from libs.common.unreadable import UNREADABLE

log = logging.getLogger(__name__)

Scope = Literal["read", "ingest", "move", "admin"]
"""What a key allows; each allows what those before it do."""
SCOPES: tuple[Scope, ...] = get_args(Scope)
SHORTEST = 16
"""Characters of a key in the file."""
LOOK_SECONDS = 1.0
"""How often the file is looked at."""


class Key(Struct, frozen=True):
    """A key by its SHA-256. `collections` None: all."""

    name: str
    digest: bytes
    scope: Scope = "read"
    collections: frozenset[str] | None = None

    def allows(self, scope: Scope) -> bool:
        """Whether it allows what needs this scope."""
        return SCOPES.index(scope) <= SCOPES.index(self.scope)

    def sees(self, collection: str | None) -> bool:
        """Whether it may be used for this collection."""
        return self.collections is None or collection in self.collections


ANYONE = Key("anyone", b"", "admin")
"""Who calls where no key is asked for."""


class _Entry(Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    scope: Scope = "read"
    collections: frozenset[str] | None = None


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    keys: dict[str, _Entry]


class Keyring:
    """API_KEY, which allows everything, and the keys of a file that is read again when it has changed."""

    def __init__(self, own: SecretStr | None, file: Path | None) -> None:
        """SluiceError bad_setting for a file that cannot be used."""
        self._own = [] if own is None else [_own_key(own)]
        self._file = file
        self._stamp: tuple[int, ...] = ()
        self._looked = time.monotonic()
        self._keys: Sequence[Key] = self._own
        if file is not None:
            self._stamp = _stamp(file)
            self._keys = [*self._own, *read_keys(file)]

    @property
    def is_open(self) -> bool:
        """Whether anyone may call."""
        return not self._own and self._file is None

    def find(self, given: bytes) -> Key | None:
        """The key; all are compared, so that the time that takes tells nothing."""
        self._look()
        digest, found = digest_of(given), None
        for key in self._keys:
            if hmac.compare_digest(digest, key.digest):
                found = key
        return found

    def _look(self) -> None:
        """Take the file in again if it has changed; one that is of no use leaves the keys as they were."""
        if self._file is None or time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        try:
            stamp = _stamp(self._file)
            if stamp != self._stamp:
                self._keys = [*self._own, *read_keys(self._file)]
                self._stamp = stamp
                log.info("API_KEYS_FILE was read again: %d keys", len(self._keys))
        except SluiceError as error:
            log.error("the keys stay as they were: %s", error.detail)  # noqa: TRY400 (for people)


def _own_key(own: SecretStr) -> Key:
    return Key("API_KEY", digest_of(own.get_secret_value().encode()), "admin")


def digest_of(key: bytes) -> bytes:
    """The SHA-256 of a key: keys of any length take equally long to compare."""
    return hashlib.sha256(key).digest()


def read_keys(file: Path) -> list[Key]:
    """The keys in the file, `[keys.NAME]` with key, scope and collections; SluiceError bad_setting."""
    try:
        if file.stat().st_mode & 0o007:
            raise _unusable(file, "others can read it: chmod o-rwx it")
        entries = msgspec.convert(tomllib.loads(file.read_text()), _File).keys
    except (OSError, tomllib.TOMLDecodeError, *UNREADABLE) as error:
        raise _unusable(file, str(error)) from error
    short = [name for name, entry in entries.items() if len(entry.key) < SHORTEST]
    if short:
        raise _unusable(file, f"the key of {', '.join(short)} is shorter than {SHORTEST} characters")
    return [
        Key(name, digest_of(entry.key.encode()), entry.scope, entry.collections)
        for name, entry in entries.items()
    ]


def _stamp(file: Path) -> tuple[int, ...]:
    try:
        found = os.stat(file)  # noqa: PTH116 (one call, of either kind of path)
    except OSError as error:
        raise _unusable(file, str(error)) from error
    return found.st_ino, found.st_mtime_ns, found.st_size


def _unusable(file: Path, why: str) -> SluiceError:
    return SluiceError(Code.BAD_SETTING, f"API_KEYS_FILE {file} cannot be used: {why}")
