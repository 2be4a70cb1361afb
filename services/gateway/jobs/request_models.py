"""Bodies of requests about jobs."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from libs.common.callbacks import check_callback_url
from libs.common.errors import Code
from libs.common.events import Want, check_paths, check_want
from libs.common.labels import Value, check_labels, check_metadata
from services.gateway.api.models import Body
from services.gateway.collections.models import Name

PHOTOS = "/photos/holiday"


EMBEDDING: Want = "embedding"


def _checked_url(url: str | None) -> str | None:
    check_callback_url(url)
    return url


CallbackUrlIn = Annotated[
    str | None,
    Field(
        description="Where the job's end is reported to, signed; on a server that the gateway may call",
        examples=[None],
    ),
    AfterValidator(_checked_url),
]


class PointsIn(Body):
    """Points of a collection, whose files are gone through again."""

    collection: Name = Field(examples=["holiday"])
    filters: dict[str, Any] = Field(
        default_factory=dict, description="As in a search", examples=[{"missing": ["caption"]}]
    )


Metadata = Annotated[
    dict[str, Value],
    Field(
        default_factory=dict,
        description="Stored with each point as `meta`; searches filter by `meta.<name>`",
        examples=[{"client": "Meier", "year": 2024}],
    ),
]


class FileIn(Body):
    """One file, with metadata of its own next to the request's."""

    path: str = Field(max_length=4096, examples=["2024/IMG_1.jpg"])
    metadata: Metadata


class IngestRequest(Body):
    """A directory, or one file, to ingest; or points of a collection, whose files are gone through again."""

    directory_path: str | None = Field(None, min_length=1, max_length=4096, examples=[PHOTOS])
    source: PointsIn | None = Field(None, description="Instead of a directory", examples=[None])
    want: list[Want] = Field(
        default_factory=lambda: [EMBEDDING],
        description="embedding: whole points are made; caption, text: added to points that are there",
    )
    collection: Name | None = Field(None, description="Unset: the active one")
    labels: dict[str, str] = Field(
        default_factory=dict, description="Shown with the job", examples=[{"order": "2024-117"}]
    )
    metadata: Metadata
    force: bool = Field(False, description="Reprocess unchanged and cached files")
    exclude: list[Annotated[str, Field(max_length=1000)]] = Field(
        default_factory=list,
        max_length=200,
        description="Patterns of what is passed over, in gitignore's syntax",
        examples=[["*.png", "private/"]],
    )
    sync: bool = Field(
        False, description="Compare with the points below it: moved files keep theirs, those of gone files go"
    )
    prune: Literal["off", "ask", "auto"] = Field(
        "auto", description="In a sync: whether points of gone files are removed; auto, unless it looks wrong"
    )

    paths: list[Annotated[str, Field(max_length=4096)]] = Field(
        default_factory=list,
        max_length=1000,
        description="Just these files and folders, relative to the directory",
        examples=[["2024/IMG_1.jpg", "2024/may"]],
    )

    files: list[FileIn] = Field(
        default_factory=list,
        max_length=1000,
        description="In place of paths: just these files, each with metadata of its own",
    )
    callback_url: CallbackUrlIn = None

    @field_validator("paths")
    @classmethod
    def _paths(cls, paths: list[str]) -> list[str]:
        check_paths(paths)
        return paths

    @model_validator(mode="after")
    def _files(self) -> "IngestRequest":
        check_paths(each.path for each in self.files)
        for each in self.files:
            check_metadata(self.metadata | each.metadata)
        if self.files and (self.paths or self.directory_path is None):
            raise ValueError("files are relative to a directory_path, and stand in place of paths")
        return self

    @model_validator(mode="after")
    def _one_source(self) -> "IngestRequest":
        if (self.directory_path is None) == (self.source is None):
            raise ValueError("exactly one of directory_path and source must be given")
        check_want(self.want)
        if self.source is None and EMBEDDING not in self.want:
            raise ValueError("captions and texts are added to points: name a source instead of a directory")
        return self

    @field_validator("labels")
    @classmethod
    def _labels(cls, labels: dict[str, str]) -> dict[str, str]:
        check_labels(labels)
        return labels

    @field_validator("metadata")
    @classmethod
    def _metadata(cls, metadata: dict[str, Value]) -> dict[str, Value]:
        check_metadata(metadata)
        return metadata


class RetryRequest(Body):
    """Which failed files to go through again."""

    codes: list[Code] | None = Field(
        None, min_length=1, description="Unset: all", examples=[["ml_rejected", "file_changing"]]
    )
