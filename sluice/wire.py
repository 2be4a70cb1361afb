"""What both clients do with a request and its response, without doing the I/O."""

import os
import random
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from sluice.errors import Code, ProblemError, SluiceError, UnavailableError
from sluice.models.system import Problem

PREFIX = "/api/v1"
SECONDS = 30.0
NOT_MODIFIED = 304
UPLOAD_SECONDS = 300.0
"""How long the gateway may take to store an upload once it has all of it."""
MOST_PAUSE_S = 30.0
_FIRST_PAUSE_S = 0.5
_SAFE = frozenset(("GET", "HEAD"))

BodyT = TypeVar("BodyT")


def decoded(response: httpx.Response, kind: type[BodyT]) -> BodyT:
    """The body as a `kind`. SluiceError internal where it is none."""
    try:
        return msgspec.json.decode(response.content, type=kind)
    except msgspec.DecodeError as error:
        detail = f"the server at {place(response.url)} is not a Sluice gateway of this release: {error}"
        raise SluiceError(Code.INTERNAL, detail) from error


def refused(response: httpx.Response) -> ProblemError:
    """The error that a response reports."""
    status = response.status_code
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except msgspec.DecodeError:
        detail = f"{response.url} answered {status}: is a Sluice gateway there?"
        return ProblemError(Code.INTERNAL, detail, status=status, retryable=status in (502, 503, 504))
    return ProblemError(
        _code(problem.code),
        problem.detail,
        status=status,
        retryable=problem.retryable,
        errors=problem.errors,
        request_id=problem.request_id,
    )


def away(url: httpx.URL, error: Exception) -> NoReturn:
    """Raise what a request ended with that got no response."""
    if isinstance(error, UnicodeEncodeError):
        raise SluiceError(Code.INVALID_REQUEST, "text that is not UTF-8 cannot be sent") from error
    why = "it took too long" if isinstance(error, httpx.TimeoutException) else str(error)
    detail = f"the gateway at {place(url)} does not answer ({why or type(error).__name__})"
    raise UnavailableError(Code.GATEWAY_UNAVAILABLE, detail) from error


def place(url: httpx.URL) -> str:
    """The server that a URL names, without a password."""
    return str(url.copy_with(userinfo=b"", path="/", query=None, fragment=None)).rstrip("/")


def may_repeat(method: str, headers: Mapping[str, str] | None) -> bool:
    """Whether sending the request again does nothing twice."""
    return method in _SAFE or any(name.lower() == "idempotency-key" for name in headers or {})


def pause_s(attempt: int, response: httpx.Response | None = None) -> float:
    """Seconds before the next attempt: what Retry-After says, else twice as long each time, spread."""
    requested = response.headers.get("retry-after", "") if response is not None else ""
    if requested.isdigit():
        return min(float(requested), MOST_PAUSE_S)
    spread = random.uniform(0.5, 1.0)  # noqa: S311 (no secret)
    return min(_FIRST_PAUSE_S * 2.0**attempt, MOST_PAUSE_S) * spread


def segment(name: str) -> str:
    """A name as one part of a path; SluiceError not_found for what can be none, and would lead elsewhere."""
    if name in ("", ".", "..") or "/" in name:
        raise SluiceError(Code.NOT_FOUND, f"nothing is called {name!r}")
    return quote(os.fsencode(name), safe="")


def given(params: Mapping[str, Any]) -> dict[str, Any]:
    """Only what has a value."""
    return {name: value for name, value in params.items() if value is not None}


def as_query(filters: Mapping[str, Any] | None) -> str | None:
    """Filters as a parameter of a URL; None where there are none."""
    return msgspec.json.encode(filters).decode() if filters else None


def base_of(url: str) -> str:
    """The gateway's address without a slash, or the API's prefix, at its end."""
    return url.rstrip("/").removesuffix(PREFIX)


def is_plain(url: str) -> bool:
    """Whether the gateway is called without TLS."""
    return url.startswith("http://")


def _code(word: str) -> Code:
    """The code; INTERNAL for what can be none."""
    try:
        return Code(word)
    except ValueError:
        return Code.INTERNAL
