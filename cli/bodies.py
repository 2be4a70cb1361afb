"""What the gateway answers, as far as the command line reads it."""

from msgspec import Struct

from libs.common.errors import Code
from libs.common.events import TERMINAL, Counts


class FailedFile(Struct, frozen=True):
    """A file without a point, and why."""

    file: str
    error: str
    code: str | None = None
    details: str | None = None


class Result(Struct, frozen=True):
    """What a finished job says of its files; at most the first thousand of them."""

    failed_files: list[FailedFile] = []

    @property
    def failures(self) -> list[FailedFile]:
        """Without the files that are no pictures, which clients of the earlier service look for here."""
        return [file for file in self.failed_files if file.code != Code.UNSUPPORTED_TYPE]


class JobStatus(Struct, frozen=True):
    """A job as the gateway shows it. `counts.total` is what has its outcome, `total_files` what is known."""

    state: str
    job_id: str = ""
    collection: str | None = None
    directory_path: str | None = None
    total_files: int = 0
    counts: Counts = Counts()
    skipped_counts: dict[str, int] = {}
    rate: float | None = None
    eta_seconds: float | None = None
    waiting_reason: str | None = None
    bottleneck: str | None = None
    message: str | None = None
    code: str | None = None
    error: str | None = None
    created_at: str = ""
    exact_duplicates_count: int = 0
    result: Result | None = None

    @property
    def done(self) -> int:
        """Files that have their outcome."""
        return self.counts.stored + self.counts.failed + self.counts.skipped

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in TERMINAL


class Submitted(Struct, frozen=True):
    """A job that was taken on; `ignored` names uploaded files that were passed over."""

    job_id: str
    message: str = ""
    accepted: int | None = None
    ignored: list[str] = []


class JobRow(Struct, frozen=True):
    """A job in a list."""

    job_id: str
    state: str
    created_at: str
    counts: Counts = Counts()
    collection: str | None = None
    directory_path: str | None = None
    retry_of: str | None = None


class InFlight(Struct, frozen=True):
    """A file that an instance works on."""

    file: str
    stage: str
    instance: str
    since: str
    tries: int = 0
    reason: str | None = None


class JobPage(Struct, frozen=True):
    """Jobs, the newest first."""

    items: list[JobRow]


class FileRow(Struct, frozen=True):
    """What became of one file of a job."""

    file: str
    id: str
    outcome: str
    source: str | None = None
    code: str | None = None
    error: str | None = None
    details: str | None = None
    caption: str | None = None
    existing_id: str | None = None
    rule: str | None = None


class FilePage(Struct, frozen=True):
    """Files of a job; `next` is the cursor of the page after this."""

    items: list[FileRow]
    next: str | None = None


class Shape(Struct, frozen=True):
    """A collection's vectors."""

    vector_size: int
    distance: str


class CollectionInfo(Struct, frozen=True):
    """A collection's shape and counts."""

    name: str
    status: str
    points_count: int
    config: Shape
    is_active: bool
    model: str | None = None
    cache_cleared_at: str | None = None


class Capabilities(Struct, frozen=True):
    """What the system can do now, as far as it matters here."""

    is_ready_for_ingestion: bool = False
    active_collection: str | None = None
    model: str | None = None


class Collections(Struct, frozen=True):
    """All collections; `active` is the one that requests without a collection go to."""

    collections: list[str]
    active: str | None


class Health(Struct, frozen=True):
    """Whether the gateway can answer, and the state of each stage."""

    status: str
    reason: str | None = None
    services: dict[str, str] = {}


class FoundPayload(Struct, frozen=True):
    """What is stored next to a vector, as far as it is shown."""

    filename: str
    caption: str | None = None
    full_path: str | None = None


class Found(Struct, frozen=True):
    """A photo that a search found; `score` is the cosine similarity, or the rank of its words."""

    id: str
    score: float
    payload: FoundPayload


class SearchResults(Struct, frozen=True):
    """What a search found, best first, and how: by vector, lexical, hybrid, lexical_unranked, or list."""

    results: list[Found]
    mode: str = "vector"


class Problem(Struct, frozen=True):
    """An error as the gateway tells it."""

    detail: str = "the gateway gave no reason"
    code: str = Code.INTERNAL
    retryable: bool = False
