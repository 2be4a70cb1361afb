"""The hub from which models are fetched, as far as it is used: what a repository holds, and its files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx2
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

from libs.common.errors import Code, SluiceError

SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository; `sha256` None where the hub states none (small text files)."""

    path: str
    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a repository holds at one commit."""

    commit: str
    files: tuple[RemoteFile, ...]


class Hub(Protocol):
    """Raises SluiceError download_failed where it cannot be reached or has no such thing."""

    def listing(self, repository: str, commit: str | None) -> Listing:
        """The repository at the commit; None: at its newest."""

    def fetch(self, repository: str, commit: str, path: str, into: Path) -> None:
        """Put the file at `into / path`, with its progress shown; goes on where an earlier try ended."""


class HuggingFace:
    """The Hugging Face hub, or what HF_ENDPOINT names."""

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = endpoint

    def listing(self, repository: str, commit: str | None) -> Listing:
        """See Hub."""
        try:
            found = HfApi(endpoint=self._endpoint).model_info(
                repository, revision=commit, files_metadata=True, timeout=SECONDS
            )
        except _FAILURES as error:
            raise _failed(repository, error) from error
        files = tuple(
            RemoteFile(each.rfilename, each.size or 0, each.lfs.sha256 if each.lfs else None)
            for each in found.siblings or ()
        )
        return Listing(str(found.sha), files)

    def fetch(self, repository: str, commit: str, path: str, into: Path) -> None:
        """See Hub."""
        try:
            hf_hub_download(repository, path, revision=commit, local_dir=into, endpoint=self._endpoint)
        except _FAILURES as error:
            raise _failed(repository, error) from error


_FAILURES = (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, httpx2.HTTPError, OSError)


def _failed(repository: str, error: Exception) -> SluiceError:
    status = getattr(getattr(error, "response", None), "status_code", None)
    why = f"it answers {status}" if status else "it is out of reach"
    detail = (
        f"{repository} cannot be fetched from the hub: {why}; ML_MODEL may also name a folder with the model"
    )
    return SluiceError(Code.DOWNLOAD_FAILED, detail, retryable=status is None)
