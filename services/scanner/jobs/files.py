"""A file of a job: as it is kept, as work for the processor, and as an outcome."""

import os
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from libs.common import events, ids
from libs.common.errors import Code, SluiceError
from libs.common.events import Outcome
from libs.common.kafka.outgoing import Outgoing, work
from libs.common.labels import Value
from libs.common.messages import File, PathRecord
from libs.common.sources.entries import Alias, AlreadyStored, Extra, Found, Rejected
from libs.common.topics import PATHS
from services.scanner.jobs.changelog import JobRecord
from services.scanner.jobs.endings import Ending
from services.scanner.listing.entries import Spooled

Stated = Mapping[bytes, Mapping[str, Value]]
"""Metadata of single files, by their absolute paths."""
NOTHING_STATED: Stated = MappingProxyType({})


def spooled(
    record: JobRecord, entry: Found | Alias | AlreadyStored | Rejected, stated: Stated = NOTHING_STATED
) -> Spooled:
    """The file as the spool keeps it; `stated` has what the request says of single files."""
    match entry:
        case Found():
            return Spooled(
                file_id=ids.file_id(record.collection or "", entry.path),
                path=entry.path,
                size=entry.size,
                mtime_ns=entry.mtime_ns,
                ctime_ns=entry.ctime_ns,
                target=entry.target,
                etag=entry.etag,
                extra=_extra(entry, stated),
            )
        case Alias(path, of):
            return Spooled(
                file_id=ids.file_id(record.collection or "", path), path=path, code=Code.ALIAS, target=of
            )
        case AlreadyStored(path, existing_id):
            return Spooled(
                file_id=ids.file_id(record.collection or "", path),
                path=path,
                code=Code.ALREADY_STORED,
                existing_id=existing_id,
            )
        case Rejected(path, error, details):
            return Spooled(
                file_id=ids.file_id(record.collection or "", path),
                path=path,
                code=error.code,
                error=error.detail,
                details=details,
            )


def only(record: JobRecord) -> tuple[bytes, ...]:
    """The paths, absolute, that the request is about; empty: all below the root."""
    return tuple(_below(record, path) for path in named(record))


def named(record: JobRecord) -> tuple[str, ...]:
    """The same, relative to the root, as the request names them."""
    return record.request.paths or tuple(each.path for each in record.request.files)


def stated(record: JobRecord) -> Stated:
    """What the request says of single files, by their absolute paths."""
    return {_below(record, each.path): each.metadata for each in record.request.files}


def _below(record: JobRecord, path: str) -> bytes:
    return (record.root or b"").rstrip(b"/") + b"/" + os.fsencode(path)


def _extra(entry: Found, stated: Stated) -> Extra:
    """What is known of the file beyond the job's metadata."""
    mine = stated.get(entry.path)
    return msgspec.structs.replace(entry.extra, meta={**mine, **entry.extra.meta}) if mine else entry.extra


def shown(record: JobRecord, path: bytes) -> str:
    """The file's name for people: relative to the job's folder where that is an upload's."""
    return ids.display_name(path.removeprefix(record.shown_below))


def path_record(record: JobRecord, file: Spooled, trace: str = "") -> Outgoing:
    """The file as work for the processor; `trace` is the span that it is sent under."""
    body = File(
        job_id=record.job_id,
        file_id=file.file_id,
        collection=record.collection or "",
        generation=record.generation,
        path=file.path,
        file=shown(record, file.path),
        size=file.size,
        mtime_ns=file.mtime_ns,
        ctime_ns=file.ctime_ns,
        etag=file.etag,
        force=record.request.force,
        caption=record.request.caption and file.extra.caption is None,
        given_caption=file.extra.caption,
        offset=file.extra.offset,
        described_by=file.extra.described_by,
        cache_cleared_at=record.cache_cleared_at,
        target=file.target,
        root_length=len(record.root or b""),
        meta=meta_of(record, file),
        adds=record.want if record.adds else (),
        model=record.model,
        origin=None if record.source is None else record.source.collection,
        trace=trace,
    )
    return work(PATHS, PathRecord(file=body))


def rejected(record: JobRecord, file: Spooled) -> Outcome:
    """The outcome of a file that the listing refused, that is an alias of another, or known already."""
    if file.code is Code.ALIAS:
        return Outcome(
            file_id=file.file_id,
            file=shown(record, file.path),
            outcome="skipped",
            code=Code.ALIAS,
            error="A link to a file that is listed too",
            alias_of=shown(record, file.target or b""),
        )
    if file.code is Code.ALREADY_STORED:
        return Outcome(
            file_id=file.file_id,
            file=shown(record, file.path),
            outcome="skipped",
            code=Code.ALREADY_STORED,
            error="Its content is stored already: its bytes were not kept",
            existing_id=file.existing_id,
        )
    error = SluiceError(file.code or Code.INTERNAL, file.error or "")
    return events.failure(file.file_id, shown(record, file.path), error, file.details)


def from_cache(record: JobRecord, file: Spooled, caption: str | None) -> Outcome:
    """The outcome of a file whose stored point, with this caption, is still true."""
    return Outcome(
        file_id=file.file_id,
        file=shown(record, file.path),
        outcome="stored",
        source="cache",
        caption=caption,
    )


def left_over(record: JobRecord, file: Spooled, ending: Ending) -> Outcome:
    """The outcome of a file that the job's end came before."""
    return Outcome(
        file_id=file.file_id,
        file=shown(record, file.path),
        outcome=ending.outcome,
        code=ending.code,
        error=ending.error,
    )


def meta_of(record: JobRecord, file: Spooled) -> dict[str, Value]:
    """What the request says of all its files and of this one."""
    return {**record.request.metadata, **file.extra.meta}
