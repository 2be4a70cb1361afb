"""Every error as an RFC 9457 problem, whose `detail` is always one readable sentence."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.errors import Code, SluiceError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

# What a person can fix is 400, 409 or 422: a client in the field hides the text of 404 and 5xx.
STATUS: Mapping[Code, int] = {
    Code.UNSUPPORTED_TYPE: 400,
    Code.EMPTY_FILE: 400,
    Code.TRUNCATED_IMAGE: 400,
    Code.DECODE_FAILED: 400,
    Code.DECODE_TIMEOUT: 400,
    Code.DECODER_CRASHED: 400,
    Code.TOO_MANY_PIXELS: 400,
    Code.TOO_LARGE: 413,
    Code.OUTSIDE_ROOTS: 400,
    Code.ML_REJECTED: 400,
    Code.DIRECTORY_NOT_FOUND: 400,
    Code.NO_COLLECTION_SELECTED: 400,
    Code.COLLECTION_GONE: 400,
    Code.VECTOR_SIZE_MISMATCH: 400,
    Code.MODEL_MISMATCH: 400,
    Code.NO_TEXT_MODEL: 400,
    Code.DUPLICATE_JOB_ID: 409,
    Code.COLLECTION_EXISTS: 409,
    Code.COLLECTION_BUSY: 409,
    Code.INVALID_REQUEST: 422,
    Code.UNAUTHORIZED: 401,
    Code.FORBIDDEN_ORIGIN: 403,
    Code.FORBIDDEN_HOST: 403,
    Code.NOT_FOUND: 404,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.COLLECTION_NOT_FOUND: 404,
    Code.JOB_NOT_FOUND: 404,
    Code.TASK_NOT_FOUND: 404,
    Code.IMAGE_NOT_FOUND: 404,
    Code.FILE_GONE: 410,
    Code.OUTCOMES_GONE: 410,
    Code.JOB_GONE: 410,
    Code.JOB_OVER: 409,
    Code.JOB_RUNNING: 409,
    Code.NOTHING_TO_RETRY: 409,
    Code.DISK_FULL: 507,
    Code.NOT_A_REGULAR_FILE: 400,
    Code.PERMISSION_DENIED: 400,
    Code.FILE_CHANGING: 400,
    Code.READ_FAILED: 400,
    Code.ARCHIVED: 400,
    Code.NOT_INDEXED: 400,
    Code.LAST_COPY: 400,
    Code.FILE_CHANGED: 400,
    Code.CANNOT_MOVE: 400,
    Code.ARCHIVE_DISABLED: 400,
    Code.ARCHIVE_BUSY: 409,
    Code.ARCHIVE_NOT_FOUND: 404,
    Code.RESTORE_BLOCKED: 409,
    Code.BROKER_UNAVAILABLE: 503,
    Code.BROKER_REFUSED: 503,
    Code.BROKER_REFUSED: 503,
    Code.STORE_UNAVAILABLE: 503,
    Code.ML_UNAVAILABLE: 503,
    Code.ML_BAD_RESULT: 503,
}
"""The status of each code a request can meet; any other is a 500."""

_CODES = {404: Code.NOT_FOUND, 405: Code.METHOD_NOT_ALLOWED, 401: Code.UNAUTHORIZED, 413: Code.TOO_LARGE}


class BadRequestError(SluiceError):
    """A 400 although its code usually has another status: what the body names does not exist."""


def problem(
    code: Code,
    detail: str,
    request_id: str,
    *,
    status: int | None = None,
    retryable: bool = False,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The response that tells of an error."""
    status = STATUS.get(code, 500) if status is None else status
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _sendable(detail),
        "code": code,
        "errors": list(errors),
        "retryable": retryable,
        "request_id": request_id,
    }
    extra = dict(headers or {}) | ({"Retry-After": "2"} if status == 503 else {})
    return JSONResponse(body, status, headers=extra, media_type=MEDIA_TYPE)


def _sendable(text: str) -> str:
    """Without what UTF-8 cannot hold: file names and clients bring halves of characters along."""
    return text.encode(errors="replace").decode()


def install(app: FastAPI) -> None:
    """Make every error that the app's endpoints raise a problem."""
    app.exception_handler(SluiceError)(_of_ours)
    app.exception_handler(RequestValidationError)(_of_validation)
    app.exception_handler(HTTPException)(_of_http)


class Unexpected:
    """ASGI middleware: an error that no one foresaw is logged and told as a 500, with its request's id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer in the app's place if it fails before its answer began."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception:
            if scope["type"] != "http" or begun:
                raise
            request_id = str(scope["state"]["request_id"])
            log.exception("request %s failed", request_id)
            detail = f"something went wrong here; the log has it under request {request_id}"
            await problem(Code.INTERNAL, detail, request_id)(scope, receive, send)


async def _of_ours(request: Request, error: SluiceError) -> JSONResponse:
    status = 400 if isinstance(error, BadRequestError) else None
    if STATUS.get(error.code, 500) == 500:
        log.error("request %s failed: %s", request.state.request_id, error.detail)
    return problem(
        error.code, error.detail, request.state.request_id, status=status, retryable=error.retryable
    )


async def _of_validation(request: Request, error: RequestValidationError) -> JSONResponse:
    errors = [_field_error(found) for found in error.errors()]
    detail = "; ".join(f"{found['field']}: {found['message']}" for found in errors)
    return problem(Code.INVALID_REQUEST, detail, request.state.request_id, errors=errors)


def _field_error(found: Mapping[str, Any]) -> dict[str, str]:
    place = [str(part) for part in found["loc"] if part not in ("body", "query", "path", "header")]
    return {"field": ".".join(place) or "body", "message": str(found["msg"])}


async def _of_http(request: Request, error: HTTPException) -> JSONResponse:
    code = _CODES.get(error.status_code, Code.INVALID_REQUEST)
    return problem(
        code,
        _sentence(request, error),
        request.state.request_id,
        status=error.status_code,
        headers=error.headers,
    )


def _sentence(request: Request, error: HTTPException) -> str:
    if error.status_code == 404:
        return f"there is nothing at {request.url.path}; / leads to what there is"
    if error.status_code == 405:
        return f"{request.url.path} does not take {request.method}"
    return str(error.detail)
