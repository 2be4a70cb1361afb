"""What an HTTP failure of the ML service means: too much, refused, or away."""

import socket

import httpx

from libs.common.ml.inference import Answer, Away, Dropped, Refused, Reply, TimedOut, TooMuch
from libs.common.ml.wire import read_detail

_OUT_OF_MEMORY = ("out of memory", "outofmemory")
_REASONS = {
    401: "it wants another API key (401): set ML_API_KEY",
    403: "it wants another API key (403): set ML_API_KEY",
    404: "it has no such endpoint (404): is ML_INFERENCE_SERVICE_URL right?",
    405: "it has no such endpoint (405): is ML_INFERENCE_SERVICE_URL right?",
}


def reply_to_answer(answer: Answer) -> Reply:
    """The reply that an answer of 200 stands for: some services report a lack of memory image by image."""
    short = next((result.error for result in answer.results if _is_out_of_memory(result.error or "")), None)
    return answer if short is None else TooMuch(f"it answers: {short[:300]}")


def reply_to_status(status: int, body: bytes) -> Reply:
    """The reply that an answer other than 200 stands for."""
    detail = read_detail(body)
    message = f"{status}: {detail}" if detail else str(status)
    if status == 413 or (status in {500, 503, 507} and _is_out_of_memory(detail)):
        return TooMuch(f"it answers {message}")
    if status in {400, 415, 422, 500}:
        return Refused(f"it answers {message}")
    return Away(reason_of_status(status, body))


def reason_of_status(status: int, body: bytes) -> str:
    """Why the service does not serve, after "waiting for the ML service at ...:"."""
    detail = read_detail(body)
    return _REASONS.get(status) or f"it answers {status}" + (f": {detail}" if detail else "")


def reply_to_error(error: httpx.HTTPError) -> Reply:
    """The reply that a request without an answer stands for."""
    match error:
        case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.PoolTimeout():
            return Away(reason_of_error(error))
        case httpx.TimeoutException():
            return TimedOut("it did not answer in time")
        case httpx.NetworkError() | httpx.RemoteProtocolError():
            return Dropped("it broke the connection off")
        case _:
            return Away(reason_of_error(error))


def reason_of_error(error: httpx.HTTPError) -> str:
    """The reason in a few words, from the operating system's error underneath where there is one."""
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        if isinstance(cause, socket.gaierror):
            return "its host name is not known"
        cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__


def _is_out_of_memory(detail: str) -> bool:
    return any(words in detail.lower() for words in _OUT_OF_MEMORY)
