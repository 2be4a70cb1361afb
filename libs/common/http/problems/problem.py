"""Every error as an RFC 9457 problem, whose `detail` is always one readable sentence."""

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from libs.common.errors import Code, SluiceError
from libs.common.http.problems.statuses import status_of
from libs.common.http.request_ids import request_id

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
PAGE = "/docs/problems"
"""What the `type` of every problem leads to; problem_page.py serves it."""

_CODES = {404: Code.NOT_FOUND, 405: Code.METHOD_NOT_ALLOWED, 401: Code.UNAUTHORIZED, 413: Code.TOO_LARGE}


class BadRequestError(SluiceError):
    """A 400 although its code usually has another status: what the body names does not exist."""


class ConflictError(SluiceError):
    """A 409 although its code usually has another status: what there is rules the request out."""

    @classmethod
    def of(cls, error: SluiceError) -> "ConflictError":
        """The same error, as a 409."""
        return cls(error.code, error.detail)


def problem(
    code: Code,
    detail: str,
    *,
    status: int | None = None,
    retryable: bool = False,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The response that reports an error."""
    status = status_of(code) if status is None else status
    body = {
        "type": f"{PAGE}#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _sendable(detail),
        "code": code,
        "errors": list(errors),
        "retryable": retryable,
        "request_id": request_id(),
    }
    extra = dict(headers or {}) | ({"Retry-After": "2"} if status == 503 else {})
    return JSONResponse(body, status, headers=extra, media_type=MEDIA_TYPE)


def _sendable(text: str) -> str:
    """Without what UTF-8 cannot hold: file names and clients bring halves of characters along."""
    return text.encode(errors="replace").decode()


def install(app: FastAPI, statuses: Mapping[Code, int] | None = None) -> None:
    """Make every error that the app's endpoints raise a problem; `statuses` are those that differ here."""
    app.exception_handler(SluiceError)(partial(_of_ours, statuses or {}))
    app.exception_handler(RequestValidationError)(_of_validation)
    app.exception_handler(HTTPException)(_of_http)


async def _of_ours(statuses: Mapping[Code, int], _: Request, error: SluiceError) -> JSONResponse:
    own = {BadRequestError: 400, ConflictError: 409}.get(type(error))
    status = statuses.get(error.code) if own is None else own
    if status_of(error.code) == 500:
        log.error("request %s failed: %s", request_id(), error.detail)
    return problem(error.code, error.detail, status=status, retryable=error.retryable)


async def _of_validation(_: Request, error: RequestValidationError) -> JSONResponse:
    found = [each for each in error.errors() if each["loc"][0] == "path"]
    if found:
        return _nowhere(str(found[0]["loc"][1]), str(found[0].get("input", "")))
    errors = [_field_error(found) for found in error.errors()]
    detail = "; ".join(f"{found['field']}: {found['message']}" for found in errors)
    return problem(Code.INVALID_REQUEST, detail, errors=errors)


def _nowhere(field: str, value: str) -> JSONResponse:
    """Nothing has an id of this form, so it is a 404 like any other id that nothing has."""
    kind = field.removesuffix("_id")
    try:
        code = Code[f"{kind.upper()}_NOT_FOUND"]
    except KeyError:
        code = Code.NOT_FOUND
    return problem(code, f"there is no {kind.replace('_', ' ')} {value!r}", status=404)


def _field_error(found: Mapping[str, Any]) -> dict[str, str]:
    # A place begins with the part of the request; in a body that is no JSON a position follows.
    place = [] if found["type"] == "json_invalid" else found["loc"][1:]
    message = str(found["msg"]).removeprefix("Value error, ")
    return {"field": ".".join(map(str, place)) or "body", "message": message}


async def _of_http(request: Request, error: HTTPException) -> JSONResponse:
    code = _CODES.get(error.status_code, Code.INVALID_REQUEST)
    return problem(
        code,
        _sentence(request, error),
        status=error.status_code,
        headers=error.headers,
    )


def _sentence(request: Request, error: HTTPException) -> str:
    if error.status_code == 404:
        return f"there is nothing at {request.url.path}; / leads to what there is"
    if error.status_code == 405:
        return f"{request.url.path} does not take {request.method}"
    return str(error.detail)
