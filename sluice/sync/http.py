# Made of sluice/aio/http.py by `python -m scripts.sync_client`: change that.
"""Sending requests to one gateway: retries, and errors as exceptions."""

import time
from typing import Any, TypeVar

import httpx

from sluice import wire

BodyT = TypeVar("BodyT")


class Http:
    """Requests to one gateway. Every call raises SluiceError with the gateway's own code and detail.

    What may be repeated is, up to `retries` times, where the gateway is away or says that it may succeed
    later: reads, and jobs that have an idempotency key.
    """

    def __init__(self, http: httpx.Client, api_key: str | None, retries: int) -> None:
        self._http = http
        self._headers = {"x-api-key": api_key} if api_key else {}
        self._retries = retries

    def call(
        self, method: str, path: str, kind: type[BodyT], *, prefix: str = wire.PREFIX, **content: Any
    ) -> BodyT:
        """The body of the answer to a call, as a `kind`."""
        return wire.decoded(self.send(method, path, prefix=prefix, **content), kind)

    def get(self, path: str, kind: type[BodyT], **params: Any) -> BodyT:
        """What is at `path`; parameters that are None are left out."""
        return self.call("GET", path, kind, params=wire.given(params))

    def send(
        self,
        method: str,
        path: str,
        *,
        prefix: str = wire.PREFIX,
        headers: dict[str, str] | None = None,
        **content: Any,
    ) -> httpx.Response:
        """The response to a call that succeeded."""
        most = self._retries if wire.may_repeat(method, headers) else 0
        sent = self._headers | (headers or {})
        for attempt in range(most + 1):
            response = None
            try:
                response = self._http.request(method, prefix + path, headers=sent, **content)
                if not response.is_error:
                    return response
                problem = wire.refused(response)
                if attempt == most or not problem.retryable:
                    raise problem
            except (httpx.TransportError, UnicodeEncodeError) as error:
                if attempt == most or isinstance(error, UnicodeEncodeError):
                    wire.away(self._http.base_url, error)
            time.sleep(wire.pause_s(attempt, response))
        raise AssertionError("the last attempt returns or raises")
