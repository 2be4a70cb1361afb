"""The one list of error codes, and the one error type, that the system and its clients share."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """What went wrong, in a word that scripts and screens can rely on."""

    # A file that failed.
    UNSUPPORTED_TYPE = "unsupported_type"
    EMPTY_FILE = "empty_file"
    TRUNCATED_IMAGE = "truncated_image"
    DECODE_FAILED = "decode_failed"
    DECODE_TIMEOUT = "decode_timeout"
    DECODER_CRASHED = "decoder_crashed"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_LARGE = "too_large"
    PERMISSION_DENIED = "permission_denied"
    FILE_VANISHED = "file_vanished"
    FILE_CHANGING = "file_changing"
    NOT_A_REGULAR_FILE = "not_a_regular_file"
    READ_FAILED = "read_failed"
    SOURCE_DENIED = "source_denied"
    SOURCE_GONE = "source_gone"
    MANIFEST_ROW = "manifest_row"
    OUTSIDE_ROOTS = "outside_roots"
    ML_REJECTED = "ml_rejected"
    ML_BAD_RESULT = "ml_bad_result"
    CAPTION_FAILED = "caption_failed"
    TEXT_FAILED = "text_failed"
    STORE_REJECTED = "store_rejected"
    UNDECODABLE_RECORD = "undecodable_record"
    CRASHED_WORKER = "crashed_worker"
    LOST_IN_PIPELINE = "lost_in_pipeline"
    # A file that was skipped.
    ARCHIVED = "archived"
    ALIAS = "alias"
    ALREADY_STORED = "already_stored"
    CANCELLED = "cancelled"
    MOVED = "moved"
    REMOVED = "removed"
    # A job that failed.
    DIRECTORY_NOT_FOUND = "directory_not_found"
    NO_COLLECTION_SELECTED = "no_collection_selected"
    COLLECTION_GONE = "collection_gone"
    VECTOR_SIZE_MISMATCH = "vector_size_mismatch"
    MODEL_MISMATCH = "model_mismatch"
    NOTHING_TO_RETRY = "nothing_to_retry"
    DUPLICATE_JOB_ID = "duplicate_job_id"
    # A request that was refused.
    INVALID_REQUEST = "invalid_request"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN_ORIGIN = "forbidden_origin"
    FORBIDDEN_HOST = "forbidden_host"
    FORBIDDEN_BY_KEY = "forbidden_by_key"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    COLLECTION_NOT_FOUND = "collection_not_found"
    COLLECTION_EXISTS = "collection_exists"
    COLLECTION_BUSY = "collection_busy"
    JOB_NOT_FOUND = "job_not_found"
    TASK_NOT_FOUND = "task_not_found"
    IMAGE_NOT_FOUND = "image_not_found"
    FILE_GONE = "file_gone"
    OUTCOMES_GONE = "outcomes_gone"
    JOB_GONE = "job_gone"
    LIBRARY_NOT_FOUND = "library_not_found"
    LIBRARY_EXISTS = "library_exists"
    JOB_OVER = "job_over"
    NOTHING_TO_PRUNE = "nothing_to_prune"
    JOB_RUNNING = "job_running"
    DISK_FULL = "disk_full"
    NO_TEXT_MODEL = "no_text_model"
    MAP_FAILED = "map_failed"
    MAP_PENDING = "map_pending"
    # A file that was not archived, or not put back.
    NOT_INDEXED = "not_indexed"
    LAST_COPY = "last_copy"
    SAME_FILE = "same_file"
    PROTECTED = "protected"
    LINKED = "linked"
    PART_OF_STACK = "part_of_stack"
    FILE_CHANGED = "file_changed"
    CANNOT_MOVE = "cannot_move"
    NOT_MOVABLE = "not_movable"
    NAME_TAKEN = "name_taken"
    ARCHIVE_DISABLED = "archive_disabled"
    ARCHIVE_BUSY = "archive_busy"
    ARCHIVE_NOT_FOUND = "archive_not_found"
    RESTORE_BLOCKED = "restore_blocked"
    # Something the system stands on is away, or set up wrongly.
    BROKER_UNAVAILABLE = "broker_unavailable"
    BROKER_REFUSED = "broker_refused"
    STORE_UNAVAILABLE = "store_unavailable"
    STORE_TOO_OLD = "store_too_old"
    ML_UNAVAILABLE = "ml_unavailable"
    MODEL_UNAVAILABLE = "model_unavailable"
    GATEWAY_UNAVAILABLE = "gateway_unavailable"
    TOO_BUSY = "too_busy"
    PARTITION_MISMATCH = "partition_mismatch"
    PORT_BUSY = "port_busy"
    DATA_DIR_BUSY = "data_dir_busy"
    DOWNLOAD_FAILED = "download_failed"
    BAD_SETTING = "bad_setting"
    INTERNAL = "internal"

    @classmethod
    def _missing_(cls, value: object) -> "Code | None":
        """A code of a later release, next to which this one may run, is kept as the word it is."""
        if not isinstance(value, str) or not re.fullmatch(r"[a-z_]+", value):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_, unknown._value_ = value.upper(), value
        return unknown


class SluiceError(Exception):
    """An error with a code and one sentence that a person understands.

    `retryable` says that the same call may succeed later without anybody changing it.
    """

    def __init__(self, code: Code, detail: str, *, retryable: bool = False) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retryable = retryable

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword arguments are lost by Exception's own pickling, and errors cross process borders.
        return (_rebuild, (type(self), self.code, self.detail, self.retryable))


class UnavailableError(SluiceError):
    """The gateway, or something that it stands on, is away: wait and try again."""

    def __init__(self, code: Code, detail: str, *, retryable: bool = True) -> None:
        super().__init__(code, detail, retryable=retryable)


@dataclass(frozen=True, slots=True)
class FieldError:
    """A field of a request that was wrong, and why."""

    field: str
    message: str


class ProblemError(SluiceError):
    """What a gateway answered instead of a result (RFC 9457): its HTTP `status`, and which fields were wrong.

    `request_id` names the request in the gateway's log.
    """

    def __init__(
        self,
        code: Code,
        detail: str,
        *,
        status: int = 0,
        retryable: bool = False,
        errors: Sequence[FieldError] = (),
        request_id: str | None = None,
    ) -> None:
        super().__init__(code, detail, retryable=retryable)
        self.status = status
        self.errors = tuple(errors)
        self.request_id = request_id


def _rebuild(kind: type[SluiceError], code: Code, detail: str, retryable: bool) -> SluiceError:
    return kind(code, detail, retryable=retryable)
