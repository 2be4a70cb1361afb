"""What may be read: a client's path becomes ours, symlinks resolved, inside the allowed roots."""

import ipaddress
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from libs.common.errors import Code, SluiceError
from libs.common.settings import FilesSettings


@dataclass(frozen=True, slots=True)
class Roots:
    """The folders (absolute, without symbolic links) and URIs below which files may be read. None: any."""

    folders: tuple[bytes, ...] | None

    @classmethod
    def of(cls, settings: FilesSettings) -> "Roots":
        """SCAN_ROOTS and UPLOAD_DIR; without SCAN_ROOTS any folder while HOST is a loopback address."""
        if not settings.scan_roots and is_loopback(settings.host):
            return ANYWHERE
        folders = (*settings.root_folders, settings.upload_dir)
        uris = map(os.fsencode, settings.root_uris)
        return cls((*(os.fsencode(folder.resolve()) for folder in folders), *uris))

    def holding(self, path: bytes) -> bytes | None:
        """The folder that `path`, absolute and without symbolic links, is or lies below, if any."""
        if self.folders is None:
            return b"/"
        return next((folder for folder in self.folders if _is_at_or_below(path, folder)), None)

    def allow(self, path: bytes) -> bool:
        """Whether `path` is one of the folders or lies below one."""
        return self.holding(path) is not None


ANYWHERE = Roots(None)


class Readable(Protocol):
    """What may be read; Roots is one."""

    def holding(self, path: bytes) -> bytes | None:
        """The folder that `path`, absolute and without symbolic links, is or lies below, if any."""


@dataclass(frozen=True, slots=True)
class Also:
    """A root in addition to others."""

    root: bytes
    others: Readable

    def holding(self, path: bytes) -> bytes | None:
        """See Readable."""
        return Roots((self.root,)).holding(path) or self.others.holding(path)


@dataclass(frozen=True, slots=True)
class ListedRoots:
    """Where SCAN_ROOTS is not set: `uploads`, and the folders that jobs were given to list."""

    uploads: bytes
    listed: Callable[[], Iterable[bytes]]

    def holding(self, path: bytes) -> bytes | None:
        """See Readable."""
        return Roots((self.uploads, *self.listed())).holding(path)


def readable(settings: FilesSettings, listed: Callable[[], Iterable[bytes]]) -> Readable:
    """What may be read by these settings; `listed` gives the folders that jobs were given to list."""
    roots = Roots.of(settings)
    if roots.folders is not None:
        return roots
    return ListedRoots(os.fsencode(settings.upload_dir.resolve()), listed)


def _is_at_or_below(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")


def resolve_path(directory_path: str, settings: FilesSettings) -> Path:
    """The existing directory or file that a request means, absolute and without symlinks.

    Blocks on the file system: call it in a thread. Raises SluiceError directory_not_found (also for a
    relative path), or outside_roots.
    """
    outside = SluiceError(Code.OUTSIDE_ROOTS, f"{directory_path} is outside the folders that may be ingested")
    ours = translate(directory_path, settings.path_map)
    try:
        path = _resolved(ours, shown=directory_path)
    except SluiceError:
        if not _seems_allowed(ours, settings):
            # Whether it exists is not disclosed.
            raise outside from None
        raise
    if not Roots.of(settings).allow(bytes(path)):
        raise outside
    return path


def translate(path: str, path_map: Iterable[tuple[str, str]]) -> str:
    """`path` with the longest matching prefix of `path_map` replaced.

    Prefixes match without regard to case and to the direction of slashes, as Windows clients write them.
    """
    slashed = path.replace("\\", "/")
    for theirs, ours in sorted(path_map, key=lambda pair: -len(pair[0])):
        prefix = theirs.replace("\\", "/")
        rest = slashed[len(prefix) :]
        whole = prefix.endswith("/") or rest[:1] in ("", "/")
        if slashed[: len(prefix)].casefold() == prefix.casefold() and whole:
            return ours + rest
    return path


def _seems_allowed(path: str, settings: FilesSettings) -> bool:
    """Whether `path`, which cannot be resolved, would lie in an allowed root as it is written."""
    written = Path(os.path.normpath(path))
    # Not os.fsencode: the path may be one that no file can have.
    if Roots.of(settings).allow(str(written).encode(errors="surrogatepass")) or not written.is_absolute():
        return True
    return any(written.is_relative_to(root) for root in (*settings.root_folders, settings.upload_dir))


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address) is reached from this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _resolved(path: str, shown: str) -> Path:
    if not Path(path).is_absolute():
        raise SluiceError(Code.DIRECTORY_NOT_FOUND, f"{shown!r} is not a full, absolute path")
    try:
        return Path(path).resolve(strict=True)
    except FileNotFoundError as error:
        raise SluiceError(Code.DIRECTORY_NOT_FOUND, f"there is no file or folder {shown}") from error
    except (OSError, RuntimeError, ValueError) as error:
        # A symlink loop, a folder that may not be entered, a NUL in the name.
        raise SluiceError(Code.DIRECTORY_NOT_FOUND, f"{shown!r} cannot be opened: {error}") from error
