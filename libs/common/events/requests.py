"""Scan requests, which other systems write too."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from libs.common.callbacks import LONGEST_URL, URL_PATTERN, check_callback_url
from libs.common.events.kinds import VERSION, Prune, Want
from libs.common.labels import Value, check_labels, check_metadata

REQUEST_VERSION = 2
"""Of scan requests that ask for more than the first version could: `sync`."""
MAX_REQUEST_BYTES = 64 * 1024
"""A longer ScanRequest is none: what is said of one must itself fit a message, path and all."""


def check_want(want: Sequence[Want]) -> None:
    """ValueError unless a job can have this made of each file."""
    if not want or len(set(want)) != len(want):
        raise ValueError("want names embedding, caption or text, each once at most")
    if "embedding" in want and len(want) > 1:
        # A caption takes a hundred times as long as an embedding, which would wait for it.
        raise ValueError("a job makes embeddings, or adds captions and texts: not both")


class PointsSource(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The files of those points of a collection that fulfil `filters`, which are written as in a search."""

    collection: str
    filters: dict[str, Any] = {}


class FileRequest(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file of a request, relative to its directory, with what is stored with its point alone."""

    path: str
    metadata: dict[str, Value] = {}


class ScanRequest(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """On `ingest`: ingest a directory, a file, the files of points, or the failed files of a job."""

    version: int = VERSION
    job_id: UUID | None = None
    """The job's id; unset: one that the record's place gives."""
    directory_path: str | None = None
    """The folder, file or URI to ingest, as the scanner sees it."""
    retry_of: UUID | None = None
    """The job whose failed files are gone through again."""
    retry_from: int | None = None
    """Offset in job-status where the job to retry begins; the gateway adds it, else the scanner."""
    codes: tuple[str, ...] | None = None
    """Of a retry: only files that failed with one of these codes."""
    collection: str | None = None
    """Where the points go; unset: the active collection."""
    force: bool = False
    """Process unchanged and cached files again."""
    caption: bool = True
    """Have the model write captions, where it does."""
    recursive: bool = True
    """Go into folders below the directory."""
    labels: dict[str, str] = {}
    """Shown with the job wherever it is shown; see `libs.common.labels` for what they may be."""
    metadata: dict[str, Value] = {}
    """Stored with each point of the job as `meta`, where searches filter by it."""
    exclude: tuple[str, ...] = ()
    """Patterns of what is passed over, in gitignore's syntax, relative to the directory."""
    sync: bool = False
    """Compare the folder with the points below it: moved files keep their points, those of gone files go."""
    prune: Prune = "auto"
    """What a sync does with points of gone files: nothing (off), wait to be asked (ask), remove them unless
    that looks wrong (auto), or remove them though so many are gone (now)."""
    paths: tuple[str, ...] = ()
    """Just these files and folders, relative to the directory; a sync compares just the points at and below
    them."""
    files: tuple[FileRequest, ...] = ()
    """Just these files, in place of `paths`, each with metadata of its own next to the request's."""
    library_id: str | None = None
    """The library whose scan this is."""
    source: PointsSource | None = None
    """Points whose files are gone through again."""
    want: tuple[Want, ...] = ("embedding",)
    """What is made of each file: its point (embedding), or what is added to that (caption, text)."""
    callback_url: Annotated[str, Meta(pattern=URL_PATTERN, max_length=LONGEST_URL)] | None = None
    """Where the job's end is reported to, if the gateway may call it."""

    def __post_init__(self) -> None:
        check_callback_url(self.callback_url)
        check_labels(self.labels)
        check_metadata(self.metadata)
        given = (self.directory_path, self.retry_of, self.source)
        if sum(each is not None for each in given) != 1:
            raise ValueError("exactly one of directory_path, retry_of and source must be given")
        check_want(self.want)
        if self.adds and self.directory_path is not None:
            raise ValueError("captions and texts are added to points: name a source")
        if self.paths and self.directory_path is None:
            raise ValueError("paths are relative to a directory_path")
        check_paths(self.paths)
        self._check_files()

    def _check_files(self) -> None:
        if self.files and (self.paths or (self.directory_path is None and self.retry_of is None)):
            raise ValueError("files are relative to a directory_path, and stand in place of paths")
        check_paths(each.path for each in self.files)
        for each in self.files:
            check_metadata(self.metadata | each.metadata)

    @property
    def adds(self) -> bool:
        """Whether it adds to points that are there."""
        return "embedding" not in self.want


def check_paths(paths: Iterable[str]) -> None:
    """ValueError for paths that do not lie below the directory that they are relative to."""
    for path in paths:
        parts = path.split("/")
        if not path or path.startswith("/") or "\0" in path or any(each in ("", ".", "..") for each in parts):
            raise ValueError(f"{path!r} is not relative to the directory, without . and ..")
