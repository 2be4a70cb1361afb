"""Bodies to JSON and back."""

import re
from typing import Any, TypeVar
from uuid import UUID

from msgspec import Struct, convert, json

from libs.common.callbacks import check_callback_url
from libs.common.errors import Code, SluiceError
from libs.common.events.jobs import (
    Accepted,
    CallbackReported,
    Compared,
    Finished,
    JobError,
    Listed,
    Outcomes,
    Rejected,
    StateChanged,
)
from libs.common.events.kinds import VERSION
from libs.common.events.requests import MAX_REQUEST_BYTES, REQUEST_VERSION, ScanRequest
from libs.common.events.tables import DeadLetter, Decision, Heartbeat, JobSnapshot, Library
from libs.common.events.tasks import TaskEvent
from libs.common.unreadable import UNREADABLE

JobEvent = (
    Accepted
    | Rejected
    | Listed
    | Compared
    | Outcomes
    | StateChanged
    | JobError
    | Finished
    | CallbackReported
    | TaskEvent
)

PublicT = TypeVar("PublicT", ScanRequest, JobSnapshot, Heartbeat, DeadLetter, Decision, Library)

_encoder = json.Encoder()
_event_decoder: json.Decoder[JobEvent] = json.Decoder(JobEvent)


def encode(body: Struct) -> bytes:
    """The body as JSON."""
    return _encoder.encode(body)


def decode_event(body: bytes) -> JobEvent:
    """The event in `body`; SluiceError undecodable_record if it is not one of version 1."""
    try:
        return _checked(_event_decoder.decode(body))
    except UNREADABLE as error:
        raise _undecodable("a job event", error) from error


def decode(body: bytes, kind: type[PublicT]) -> PublicT:
    """The body of that kind; SluiceError undecodable_record if it is not one of version 1.

    In a scan request, which other systems write, null stands for a field's default.
    """
    if kind is ScanRequest and len(body) > MAX_REQUEST_BYTES:
        raise SluiceError(
            Code.UNDECODABLE_RECORD, f"not a scan request: longer than {MAX_REQUEST_BYTES // 1024} KB"
        )
    try:
        if kind is ScanRequest:
            return _checked(convert(_without_nulls(json.decode(body)), kind))
        return _checked(json.decode(body, type=kind))
    except UNREADABLE as error:
        raise _undecodable(f"a {_words(kind.__name__)}", error) from error


def job_id_in(body: bytes) -> UUID | None:
    """The job id that a request names which may be wrong in all else; None where none can be read."""
    try:
        return json.decode(body[:MAX_REQUEST_BYTES], type=_Named).job_id
    except UNREADABLE:
        return None


def callback_url_in(body: bytes) -> str | None:
    """The callback_url that such a request names; None where none can be read, or it is no such URL."""
    try:
        found = json.decode(body[:MAX_REQUEST_BYTES], type=_Called).callback_url
        check_callback_url(found)
    except UNREADABLE:
        return None
    return found


class _Named(Struct):
    job_id: UUID | None = None


class _Called(Struct):
    callback_url: str | None = None


def _without_nulls(given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    return {name: value for name, value in given.items() if value is not None}


AnyT = TypeVar(
    "AnyT", bound="JobEvent | ScanRequest | JobSnapshot | Heartbeat | DeadLetter | Decision | Library"
)


def _checked(body: AnyT) -> AnyT:
    if body.version != VERSION and not (isinstance(body, ScanRequest) and body.version == REQUEST_VERSION):
        raise SluiceError(
            Code.UNDECODABLE_RECORD,
            f"{type(body).__name__} of version {body.version}; this release reads version {VERSION}",
        )
    return body


def _undecodable(what: str, error: Exception) -> SluiceError:
    return SluiceError(Code.UNDECODABLE_RECORD, f"not {what}: {error}")


def _words(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()
