"""What a Qdrant server's failures mean: away, no such collection, or never acceptable."""

import contextlib
import os
import re
import socket
from collections.abc import Iterator
from http import HTTPStatus

import httpx
import msgspec
from pydantic_core import PydanticSerializationError
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.store.names import exists, not_found
from libs.common.unreadable import UNREADABLE

_SIZES = re.compile(r"dimension error: expected dim: (\d+), got (\d+)")
_QUOTA = re.compile(r"Max .* limit of .* reached")
"""What strict mode says of a collection that has as many points, or as much of them, as it may."""
_KEY_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


class _Status(msgspec.Struct):
    error: str


class _ErrorBody(msgspec.Struct):
    """The shape of every error that Qdrant itself reports."""

    status: _Status


@contextlib.contextmanager
def translated(place: str, collection: str = "") -> Iterator[None]:
    """Turn what the client raises into SluiceError; `place` is where the server is."""
    try:
        yield
    except UnexpectedResponse as error:
        raise _refusal(error, place, collection) from error
    except ResourceExhaustedResponse as error:
        raise _away(place, "it is overloaded") from error
    except ResponseHandlingException as error:
        raise _away(place, _reason(error.source)) from error
    except PydanticSerializationError as error:
        raise SluiceError(Code.STORE_REJECTED, f"the store cannot hold this: {error}") from error
    except (ValueError, AssertionError) as error:  # what the client raises on an answer that is not Qdrant's
        raise _away(place, "what answers there is no Qdrant server") from error


def _refusal(response: UnexpectedResponse, place: str, collection: str) -> SluiceError:
    status, text = response.status_code or 0, _text(response)
    if status in _KEY_REFUSED:
        # Not the files' fault: the work waits until somebody fixes the key.
        return UnavailableError(
            Code.STORE_UNAVAILABLE, f"the store at {place} refuses the API key; check QDRANT_API_KEY"
        )
    if text is None and status != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return _away(place, f"HTTP {status}, and not from Qdrant")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING:
        return _away(place, f"HTTP {status}: {text}")
    if text and _QUOTA.search(text):
        # Not the files' fault either, and a person can raise it.
        detail = f"the store at {place} is full: {text}; raise the collection's quota or make room"
        return UnavailableError(Code.STORE_UNAVAILABLE, detail)
    return _rejection(status, text or "the request is too large", collection)


def _rejection(status: int, text: str, collection: str) -> SluiceError:
    if status == HTTPStatus.NOT_FOUND:
        return not_found(collection)
    if status == HTTPStatus.CONFLICT or "already exists" in text:
        return exists(collection)
    if sizes := _SIZES.search(text):
        return SluiceError(
            Code.VECTOR_SIZE_MISMATCH,
            f"collection '{collection}' holds vectors of {sizes[1]}, not of {sizes[2]}",
        )
    return SluiceError(Code.STORE_REJECTED, f"the store refused this: {text}")


def _text(response: UnexpectedResponse) -> str | None:
    """Qdrant's own words, or None if the answer is not Qdrant's."""
    try:
        return msgspec.json.decode(response.content, type=_ErrorBody).status.error
    except UNREADABLE:
        return None


def _reason(source: BaseException) -> str:
    """Why there was no answer, in the operating system's words where it has any."""
    if isinstance(source, httpx.TimeoutException):
        return "it took too long"
    for cause in _causes(source):
        if isinstance(cause, socket.gaierror):
            return f"its host name is not known ({cause.strerror})"
        if isinstance(cause, OSError) and cause.errno is not None:
            return os.strerror(cause.errno).lower()
    if isinstance(source, httpx.TransportError):
        return str(source) or type(source).__name__
    return "what answers there is no Qdrant server"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and whatever led to it."""
    yield error
    inner = (
        error.exceptions[0] if isinstance(error, BaseExceptionGroup) else error.__cause__ or error.__context__
    )
    if inner is not None:
        yield from _causes(inner)


def _away(place: str, reason: str) -> UnavailableError:
    return UnavailableError(Code.STORE_UNAVAILABLE, f"the store at {place} does not answer: {reason}")
