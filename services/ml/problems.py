"""Errors as RFC 9457 problem details, `detail` always one sentence."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from libs.common.errors import Code, SluiceError

_STATUS = {
    Code.INVALID_REQUEST: 422,
    Code.NO_TEXT_MODEL: 422,
    Code.UNAUTHORIZED: 401,
    Code.TOO_LARGE: 413,
    Code.ML_UNAVAILABLE: 503,
}
_CODES = {404: Code.NOT_FOUND, 405: Code.METHOD_NOT_ALLOWED}


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem."""
    app.exception_handler(SluiceError)(_of_ours)
    app.exception_handler(RequestValidationError)(_of_validation)
    app.exception_handler(HTTPException)(_of_http)
    app.exception_handler(MemoryError)(_of_memory)


def problem(status: int, code: Code, detail: str, *, retryable: bool = False) -> JSONResponse:
    """A response of media type application/problem+json."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [],
        "retryable": retryable,
    }
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


async def _of_ours(_: Request, error: SluiceError) -> JSONResponse:
    return problem(_STATUS.get(error.code, 500), error.code, error.detail, retryable=error.retryable)


async def _of_validation(_: Request, error: RequestValidationError) -> JSONResponse:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return problem(422, Code.INVALID_REQUEST, f"{where}: {first['msg']}")


async def _of_http(_: Request, error: HTTPException) -> JSONResponse:
    return problem(error.status_code, _CODES.get(error.status_code, Code.INVALID_REQUEST), str(error.detail))


async def _of_memory(_: Request, __: MemoryError) -> JSONResponse:
    """Clients send less at once when they read "out of memory"."""
    return problem(507, Code.ML_UNAVAILABLE, "out of memory: send a smaller batch", retryable=True)
