"""Numbers and times as people read them."""

from datetime import UTC, datetime

DAY_SECONDS = 24 * 3600


def count(number: int) -> str:
    """12,345."""
    return f"{number:,}"


def duration(seconds: float) -> str:
    """45 s, 3 min, 2 h 5 min."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def moment(at: datetime) -> str:
    """A time in this machine's zone."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def ago(at: datetime, now: datetime | None = None) -> str:
    """How long ago something was; its day and time where that is more than a day."""
    seconds = ((now or datetime.now(UTC)) - at).total_seconds()
    if seconds < 10:
        return "just now"
    return f"{duration(seconds)} ago" if seconds < DAY_SECONDS else moment(at)


def size(octets: float) -> str:
    """512 B, 1.4 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if octets < 1000:
            return f"{octets:.0f} B" if unit == "B" else f"{octets:.1f} {unit}"
        octets /= 1000
    return f"{octets:.1f} TB"


def plural(number: int, one: str, more: str | None = None) -> str:
    """1 photo, 2,000 photos."""
    return f"{count(number)} {one if number == 1 else more or one + 's'}"


def named(code: str) -> str:
    """A code, or a name of the API, in words."""
    return code.replace("_", " ")


WAYS_OUT = {
    "unsupported_type": "not a picture in a supported format: nothing to do",
    "truncated_image": "the file ends too early: copy it again from its source, then retry",
    "decode_failed": "the file is damaged: restore it from a backup, then retry",
    "decode_timeout": "the picture took too long to decode: retry, or raise DECODE_SECONDS",
    "permission_denied": "the processor may not read it: allow it with chmod, then retry",
    "file_vanished": "the file was moved or deleted: scan its folder again",
    "source_denied": "the store refuses the key: check the credentials of the services, then retry",
    "source_gone": "the bucket is not there: check its name and the endpoint, then retry",
    "manifest_row": "the row is not understood: fix the line that is named, and ingest the manifest again",
    "file_changing": "the file was being written: retry",
    "too_large": "larger than MAX_FILE_MB allows: raise it, then retry",
    "too_many_pixels": "more pixels than MAX_PIXELS allows: raise it, then retry",
    "empty_file": "the file is empty: copy it again from its source",
    "ml_rejected": "the model refused the picture: retry, or look at the ML service's log",
    "ml_bad_result": "the model answered wrongly: retry, or look at the ML service's log",
    "caption_failed": "the caption model wrote none: look at its log, then retry",
    "text_failed": "the text in it could not be read: look at the captioner's log, then retry",
    "not_indexed": "its point was removed meanwhile: scan its folder",
    "file_changed": "the file is not what was stored: scan its folder, then retry",
    "store_rejected": "Qdrant refused the point: look at its log, then retry",
    "crashed_worker": "it ended its worker each time: please report the file",
    "lost_in_pipeline": "its record was lost on the way: retry",
}
"""What a person can do about a failure, by its code."""


def way_out(code: str) -> str:
    """What to do about a failure with this code."""
    return WAYS_OUT.get(code, "retry; `sluice files JOB --failed` has each file's reason")
