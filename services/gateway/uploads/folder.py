"""An upload on disk: files arrive in a hidden folder, which gets its name once all are there."""

import hashlib
import os
import shutil
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from libs.common.sources import already_stored
from services.gateway.uploads.limits import UploadLimits
from services.gateway.uploads.names import is_ignored, numbered, safe_path

PARTIAL = ".partial-"
"""How the name of a folder begins whose upload is under way; scans do not enter hidden folders."""
MOST_IGNORED = 1000
"""Names of files passed over that are kept, so that no number of them fills the memory."""
ABANDONED_S = 24 * 3600.0
LOOK_BYTES = 16 * 1024 * 1024
"""After so many bytes the room on the disk is looked at again."""


class UploadFolder:
    """The files of one upload. Every call blocks on the disk and may raise OSError.

    Beyond its `limits` it raises SluiceError too_large or disk_full.
    """

    def __init__(self, uploads: Path, job_id: str, limits: UploadLimits | None = None) -> None:
        """Make the hidden folder below `uploads`."""
        self._partial = uploads / f"{PARTIAL}{job_id}"
        self._final = uploads / job_id
        self._uploads = uploads
        self._limits = limits or UploadLimits()
        self._partial.mkdir(parents=True)
        self._folders: set[PurePosixPath] = set()
        self._unlooked = 0
        self._seen: Counter[PurePosixPath] = Counter()
        self._file: BinaryIO | None = None
        self._digest = hashlib.sha256()
        self._name = ""
        self._contents: dict[str, bytes] = {}
        self.accepted = 0
        self.ignored: list[str] = []

    def begin(self, sent: str) -> None:
        """The next file, as the client calls it."""
        path = safe_path(sent)
        if is_ignored(path):
            if len(self.ignored) < MOST_IGNORED:
                self.ignored.append(str(path))
            return
        self._admit(path)
        self._file = self._create(path)
        self.accepted += 1

    def write(self, data: bytes) -> None:
        """More of the file that was begun last; of an ignored one nothing is kept."""
        if self._file is not None:
            self._unlooked += len(data)
            if self._unlooked >= LOOK_BYTES:
                self._unlooked = 0
                self._limits.check_room(self._uploads)
            self._file.write(data)
            self._digest.update(data)

    def end(self) -> None:
        """The file that was begun last is whole."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._contents[self._name] = self._digest.digest()

    @property
    def hashes(self) -> set[str]:
        """The SHA-256 of each content that came, in hexadecimal digits."""
        return {digest.hex() for digest in self._contents.values()}

    def leave_out(self, known: Mapping[str, str]) -> int:
        """Delete the files of these contents, noting for the job the points that have them; how many.

        `known` has point ids by SHA-256. Call it after `finish`.
        """
        found = {
            name: known[hash_] for name, digest in self._contents.items() if (hash_ := digest.hex()) in known
        }
        if found:
            already_stored.write(self._final, found.items())
        for name in found:
            path = self._final / name
            path.unlink()
            for folder in list(path.relative_to(self._final).parents)[:-1]:
                with suppress(OSError):
                    (self._final / folder).rmdir()
        return len(found)

    def finish(self) -> Path:
        """Give the folder its name; its absolute path."""
        self._partial.rename(self._final)
        return self._final.resolve()

    def discard(self) -> None:
        """Remove everything, finished or not."""
        self.end_quietly()
        for folder in (self._partial, self._final):
            shutil.rmtree(folder, ignore_errors=True)

    def end_quietly(self) -> None:
        """Close the file under way; what its last bytes met does not matter any more."""
        try:
            self.end()
        except OSError:
            self._file = None

    def _admit(self, path: PurePosixPath) -> None:
        """Check the limits before anything is made for the path."""
        self._folders.update(path.parents[:-1])
        self._limits.check(self.accepted + 1, len(self._folders))
        self._limits.check_room(self._uploads)

    def _create(self, path: PurePosixPath) -> BinaryIO:
        """A new file at the path, numbered where the name is taken."""
        while True:
            self._seen[path] += 1
            target = self._partial / numbered(path, self._seen[path])
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                file = target.open("xb")
            except (FileExistsError, NotADirectoryError):
                if not target.parent.is_dir():
                    # A file has the name of one of its folders: it goes without folders.
                    path = PurePosixPath("_".join(path.parts)[-200:])
            else:
                self._name, self._digest = str(target.relative_to(self._partial)), hashlib.sha256()
                return file


def sweep(uploads: Path) -> None:
    """Remove what a killed gateway left half-way, long enough ago that no one still writes it."""
    for folder in uploads.glob(f"{PARTIAL}*"):
        if time.time() - os.stat(folder).st_mtime > ABANDONED_S:  # noqa: PTH116
            shutil.rmtree(folder, ignore_errors=True)
