"""The models that are on this machine: fetching one, and checking that it is whole."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from libs.common.errors import Code, SluiceError
from services.ml.clip.folder import FILES
from services.ml.models.hub import Hub, RemoteFile
from services.ml.models.lock import Lock, read_lock, write_lock
from services.ml.models.registry import Published

_EXTERNAL = (".onnx.data", ".onnx_data", "model.data")
"""How files end in which a large tower keeps its weights."""


@dataclass(frozen=True, slots=True)
class ModelStore:
    """A directory with a folder a model."""

    root: Path

    def folder(self, model: Published) -> Path:
        """Where the model is, or would be."""
        return self.root / model.name

    def is_fetched(self, model: Published) -> bool:
        """Whether a fetch of it has ended well."""
        return read_lock(self.folder(model)) is not None

    def fetch(self, model: Published, hub: Hub) -> Lock:
        """Get the model, unless it is whole already; what an interrupted fetch left is used.

        Raises SluiceError download_failed: the hub is away, lacks a file, or gave one that is damaged.
        """
        folder = self.folder(model)
        lock = read_lock(folder)
        if lock is not None and not list(problems(folder, lock)):
            return lock
        listing = hub.listing(model.repository, model.commit)
        wanted = _wanted(model, listing.files)
        folder.mkdir(parents=True, exist_ok=True)
        for file in wanted:
            hub.fetch(model.repository, listing.commit, file.path, folder)
        hashes = {file.path: _checked(folder, file) for file in wanted}
        lock = Lock(model.name, model.repository, listing.commit, hashes)
        write_lock(folder, lock)
        return lock


def problems(folder: Path, lock: Lock) -> Iterator[str]:
    """What differs from the lock, file by file. Reads everything."""
    for path, sha256 in lock.files.items():
        if not (folder / path).is_file():
            yield f"{path} is missing"
        elif _sha256(folder / path) != sha256:
            yield f"{path} is not what was fetched"


def _wanted(model: Published, files: tuple[RemoteFile, ...]) -> list[RemoteFile]:
    found = {file.path: file for file in files}
    if missing := [path for path in FILES if path not in found]:
        raise SluiceError(Code.DOWNLOAD_FAILED, f"{model.repository} has no {', '.join(missing)}")
    weights = [file for file in files if file.path.endswith(_EXTERNAL)]
    return [*(found[path] for path in FILES), *weights]


def _checked(folder: Path, file: RemoteFile) -> str:
    """The hash of the file; one that is not the stated one is removed, so that a next try gets it again."""
    found = _sha256(folder / file.path)
    if file.sha256 is not None and found != file.sha256:
        (folder / file.path).unlink()
        detail = f"{file.path} came damaged, and was removed: fetch the model again"
        raise SluiceError(Code.DOWNLOAD_FAILED, detail, retryable=True)
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
