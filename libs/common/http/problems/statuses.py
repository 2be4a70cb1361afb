"""The HTTP status of each code."""

from collections.abc import Mapping

from libs.common.errors import Code

# Client errors are 400, 409 or 422: a client in the field hides the text of 404 and 5xx.
CODES_BY_STATUS: Mapping[int, tuple[Code, ...]] = {
    400: (
        Code.UNSUPPORTED_TYPE,
        Code.EMPTY_FILE,
        Code.TRUNCATED_IMAGE,
        Code.DECODE_FAILED,
        Code.DECODE_TIMEOUT,
        Code.DECODER_CRASHED,
        Code.TOO_MANY_PIXELS,
        Code.PERMISSION_DENIED,
        Code.FILE_VANISHED,
        Code.FILE_CHANGING,
        Code.NOT_A_REGULAR_FILE,
        Code.READ_FAILED,
        Code.SOURCE_DENIED,
        Code.SOURCE_GONE,
        Code.MANIFEST_ROW,
        Code.OUTSIDE_ROOTS,
        Code.ML_REJECTED,
        Code.CAPTION_FAILED,
        Code.TEXT_FAILED,
        Code.STORE_REJECTED,
        Code.ARCHIVED,
        Code.ALIAS,
        Code.MOVED,
        Code.REMOVED,
        Code.SAME_FILE,
        Code.LINKED,
        Code.PROTECTED,
        Code.PART_OF_STACK,
        Code.DIRECTORY_NOT_FOUND,
        Code.NO_COLLECTION_SELECTED,
        Code.COLLECTION_GONE,
        Code.VECTOR_SIZE_MISMATCH,
        Code.MODEL_MISMATCH,
        Code.NO_TEXT_MODEL,
        Code.MAP_FAILED,
        Code.NOT_INDEXED,
        Code.LAST_COPY,
        Code.FILE_CHANGED,
        Code.CANNOT_MOVE,
        Code.NOT_MOVABLE,
        Code.ARCHIVE_DISABLED,
    ),
    401: (Code.UNAUTHORIZED,),
    403: (Code.FORBIDDEN_ORIGIN, Code.FORBIDDEN_HOST, Code.FORBIDDEN_BY_KEY),
    404: (
        Code.NOT_FOUND,
        Code.COLLECTION_NOT_FOUND,
        Code.JOB_NOT_FOUND,
        Code.TASK_NOT_FOUND,
        Code.IMAGE_NOT_FOUND,
        Code.LIBRARY_NOT_FOUND,
        Code.ARCHIVE_NOT_FOUND,
    ),
    405: (Code.METHOD_NOT_ALLOWED,),
    409: (
        Code.CANCELLED,
        Code.ALREADY_STORED,
        Code.NOTHING_TO_RETRY,
        Code.NOTHING_TO_PRUNE,
        Code.DUPLICATE_JOB_ID,
        Code.COLLECTION_EXISTS,
        Code.LIBRARY_EXISTS,
        Code.COLLECTION_BUSY,
        Code.JOB_OVER,
        Code.JOB_RUNNING,
        Code.NAME_TAKEN,
        Code.ARCHIVE_BUSY,
        Code.RESTORE_BLOCKED,
    ),
    410: (Code.FILE_GONE, Code.OUTCOMES_GONE, Code.JOB_GONE),
    413: (Code.TOO_LARGE,),
    422: (Code.INVALID_REQUEST,),
    500: (
        Code.UNDECODABLE_RECORD,
        Code.CRASHED_WORKER,
        Code.LOST_IN_PIPELINE,
        Code.PARTITION_MISMATCH,
        Code.BAD_SETTING,
        Code.STORE_TOO_OLD,
        Code.INTERNAL,
    ),
    503: (
        Code.ML_BAD_RESULT,
        Code.BROKER_UNAVAILABLE,
        Code.MAP_PENDING,
        Code.BROKER_REFUSED,
        Code.STORE_UNAVAILABLE,
        Code.ML_UNAVAILABLE,
        Code.MODEL_UNAVAILABLE,
        Code.GATEWAY_UNAVAILABLE,
        Code.TOO_BUSY,
        Code.PORT_BUSY,
        Code.DATA_DIR_BUSY,
        Code.DOWNLOAD_FAILED,
    ),
    507: (Code.DISK_FULL,),
}
"""Every code stands here once."""

_STATUS = {code: status for status, codes in CODES_BY_STATUS.items() for code in codes}


def status_of(code: Code) -> int:
    """The status of a request that ended with `code`; 500 for a code of a later release."""
    return _STATUS.get(code, 500)
