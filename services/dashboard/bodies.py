"""What the gateway answers, as far as the pages show it. Fields that a page does not show are left out."""

from msgspec import Struct


class Counts(Struct, frozen=True):
    """A job's files by outcome."""

    total: int = 0
    stored: int = 0
    from_cache: int = 0
    failed: int = 0
    skipped: int = 0
    ignored: int = 0
    in_flight: int = 0


class Job(Struct, frozen=True):
    """A job, in a list or by itself."""

    job_id: str
    state: str
    progress: float
    counts: Counts
    created_at: str
    collection: str | None = None
    directory_path: str | None = None
    error_counts: dict[str, int] = {}
    error: str | None = None
    retry_of: str | None = None
    message: str = ""
    total_files: int = 0
    rate: float = 0.0
    eta_seconds: float | None = None
    waiting_reason: str | None = None
    bottleneck: str | None = None
    exact_duplicates_count: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in {"completed", "failed", "cancelled"}


class JobPage(Struct, frozen=True):
    """Jobs, the newest first."""

    items: list[Job]
    next: str | None = None


class JobFile(Struct, frozen=True):
    """What became of one file."""

    file: str
    id: str
    outcome: str
    code: str | None = None
    error: str | None = None


class FilePage(Struct, frozen=True):
    """Files of a job."""

    items: list[JobFile]
    next: str | None = None


class Instance(Struct, frozen=True):
    """One running instance of a stage."""

    stage: str
    instance: str
    state: str
    reason: str | None = None
    lag: int | None = None


class Capabilities(Struct, frozen=True):
    """What the system can do now."""

    is_ready_for_ingestion: bool = False
    active_collection: str | None = None
    model: str | None = None


class Shape(Struct, frozen=True):
    """A collection's vectors."""

    vector_size: int
    distance: str


class Collection(Struct, frozen=True):
    """A collection's shape and counts."""

    name: str
    status: str
    points_count: int
    config: Shape
    is_active: bool
    model: str | None = None


class PhotoPayload(Struct, frozen=True):
    """What is shown of a photo in a list."""

    filename: str
    caption: str | None = None
    full_path: str | None = None
    thumbnail_base64: str | None = None


class Word(Struct, frozen=True):
    """A word of a query, and the field that has it."""

    word: str
    field: str


class Why(Struct, frozen=True):
    """Why a photo was found."""

    likeness: float | None = None
    words: list[Word] = []


class Photo(Struct, frozen=True):
    """A hit of a search, a member of a group, or a photo in a list."""

    id: str
    payload: PhotoPayload
    score: float | None = None
    why: Why | None = None


class Photos(Struct, frozen=True):
    """What a search found."""

    results: list[Photo]
    mode: str = ""
    next: str | None = None


class Gallery(Struct, frozen=True):
    """A page of a collection's photos."""

    items: list[Photo]
    next: str | None = None


class Facet(Struct, frozen=True):
    """A value of a field, and how many photos have it."""

    value: str | int | bool
    count: int


class Facets(Struct, frozen=True):
    """The most frequent values of each field, and how many photos there are."""

    facets: dict[str, list[Facet]]
    total: int


class PhotoInfo(Struct, frozen=True):
    """What is known of one photo."""

    id: str
    filename: str
    full_path: str | None = None
    caption: str | None = None
    tags: list[str] = []
    width: int | None = None
    height: int | None = None
    format: str | None = None
    file_hash: str | None = None
    collection: str | None = None
    exif: dict[str, str] = {}


class Task(Struct, frozen=True):
    """A task that was started."""

    task_id: str


class Group(Struct, frozen=True):
    """Photos that show the same; `reason` says why the keeper is kept."""

    group_id: str
    keeper_id: str
    reason: str
    points: list[Photo]


class Report(Struct, frozen=True):
    """How far a search for similar photos is, and a page of its groups."""

    status: str
    progress: float
    results: list[Group]
    next: str | None = None
    totals: dict[str, int] = {}
    error: str | None = None


class Copy(Struct, frozen=True):
    """A file of a group of the same content."""

    id: str
    file_path: str
    filename: str


class ExactGroup(Struct, frozen=True):
    """Files of the same content."""

    hash: str
    keeper: str
    reason: str
    files: list[Copy]


class ExactPage(Struct, frozen=True):
    """Some groups of copies; there are more while `next` is set."""

    groups: list[ExactGroup]
    next: str | None = None


class Skipped(Struct, frozen=True):
    """A file that stays, and why."""

    path: str
    detail: str


class Archived(Struct, frozen=True):
    """A file that moved, or would move."""

    path: str
    to: str


class Archive(Struct, frozen=True):
    """What was moved, or would be."""

    archived: list[Archived]
    skipped: list[Skipped]
    archive_id: str | None = None


class ArchiveItem(Struct, frozen=True):
    """An archive in the list of archives."""

    archive_id: str
    kind: str
    collection: str
    created_at: str
    state: str
    moved: int


class ArchivePage(Struct, frozen=True):
    """Archives, the newest first."""

    items: list[ArchiveItem]
    next: str | None = None


class MapPoint(Struct, frozen=True):
    """A photo in the plane."""

    id: str
    x: float
    y: float
    filename: str
    cluster_id: int | None = None


class Map(Struct, frozen=True):
    """A sample of a collection in the plane."""

    points: list[MapPoint]
    collection: str


class Submitted(Struct, frozen=True):
    """A job that was taken on."""

    job_id: str
    message: str = ""


class Problem(Struct, frozen=True):
    """An error as the gateway reports it."""

    detail: str = "the gateway gave no reason"
    code: str = "internal"
