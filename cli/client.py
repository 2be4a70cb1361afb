"""The gateway's REST API, as far as the command line needs it."""

import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from cli.bodies import Capabilities, Collections, Found, JobPage, JobStatus, Problem, SearchResults, Submitted
from libs.common.errors import Code, SluiceError, UnavailableError

_SECONDS = 30.0
FULL_ID = len("00000000-0000-0000-0000-000000000000")
UPLOAD_SECONDS = 300.0
"""How long the gateway may take to store an upload once it has all of it."""

# Where the gateway's own words are about REST.
_WAYS_OUT = {
    Code.UNAUTHORIZED: "the gateway requires an API key: set SLUICE_API_KEY, or pass --api-key",
    Code.NO_COLLECTION_SELECTED: "no collection is selected: run `sluice collections select NAME`, "
    "or `sluice collections create NAME --select`",
    Code.UNSUPPORTED_TYPE: "this file is not a picture in a supported format: docs/formats.md lists them",
}

BodyT = TypeVar("BodyT")


class Client:
    """A connection to one gateway. Every call raises SluiceError with the gateway's own code and detail."""

    def __init__(
        self, base_url: str, api_key: str | None = None, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        headers = {"x-api-key": api_key} if api_key else {}
        self._http = httpx.AsyncClient(
            base_url=base_url, timeout=_SECONDS, headers=headers, transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def create_collection(self, name: str, **shape: Any) -> None:
        """Make an empty collection; vector size and distance as configured unless given."""
        await self.send("POST", "/collections", Any, json={"collection_name": name, **shape})

    async def select_collection(self, name: str) -> None:
        """Make it the one that requests without a collection go to."""
        await self.send("POST", "/collections/select", Any, json={"collection_name": name})

    async def ingest(self, path: Path | str, collection: str | None = None, *, force: bool = False) -> str:
        """Start a job over a directory, or one file, that the gateway sees; its id."""
        return (await self.submit(str(path), collection, force=force)).job_id

    async def submit(self, path: str, collection: str | None, *, force: bool) -> Submitted:
        """Start a job over a directory, or one file, that the gateway sees."""
        body: dict[str, Any] = {"directory_path": path}
        body |= {"collection": collection} if collection else {}
        body |= {"force": True} if force else {}
        return await self.send("POST", "/ingest/", Submitted, json=body)

    async def collections(self) -> Collections:
        """All collections, and which of them is the active one."""
        names = await self.get("/collections", list[str])
        return Collections(names, (await self.get("/capabilities", Capabilities)).active_collection)

    async def upload(
        self,
        content_type: str,
        body: AsyncIterator[bytes],
        collection: str | None,
        *,
        force: bool,
        on_duplicate: str | None = None,
    ) -> Submitted:
        """Start a job over the files of a multipart body, which may be of any length."""
        params = _given({"collection": collection, "force": force or None, "on_duplicate": on_duplicate})
        timeout = httpx.Timeout(_SECONDS, read=UPLOAD_SECONDS, write=UPLOAD_SECONDS)
        headers = {"content-type": content_type}
        return await self.send(
            "POST", "/ingest/upload", Submitted,
            params=params, content=body, headers=headers, timeout=timeout,
        )  # fmt: skip

    async def job(self, job_id: str) -> JobStatus:
        """How the job stands."""
        return await self.send("GET", f"/ingest/status/{segment(job_id)}", JobStatus)

    async def job_id(self, job: str) -> str:
        """The whole id of a job that is named by it, by its first characters, or by `latest`.

        Raises SluiceError job_not_found where no job, or more than one, is meant.
        """
        if len(job) == FULL_ID:
            return job
        known = await self.get("/ingest/jobs", JobPage, limit=1 if job == "latest" else 200)
        found = [row.job_id for row in known.items if job in ("latest", row.job_id[: len(job)])]
        if len(found) != 1:
            why = f"{len(found)} jobs start with {job}" if found else f"no recent job is named {job}"
            raise SluiceError(Code.JOB_NOT_FOUND, f"{why}; `sluice jobs` lists them with their whole ids")
        return found[0]

    async def search_image(self, name: str, photo: bytes, limit: int) -> list[Found]:
        """The stored photos that look most like this file, best first."""
        found = await self.send(
            "POST", "/search/image", SearchResults, params={"limit": limit}, files={"file": (name, photo)}
        )
        return found.results

    async def search_text(self, query: str, limit: int) -> SearchResults:
        """The stored photos that fit these words, best first."""
        return await self.send("POST", "/search", SearchResults, json={"query": query, "limit": limit})

    async def get(self, path: str, kind: type[BodyT], **params: Any) -> BodyT:
        """What is at `path`; parameters that are None are left out."""
        return await self.send("GET", path, kind, params=_given(params))

    async def send(
        self, method: str, path: str, kind: type[BodyT], *, prefix: str = "/api/v1", **content: Any
    ) -> BodyT:
        """The answer to a call, as a `kind`."""
        try:
            response = await self._http.request(method, f"{prefix}{path}", **content)
        except httpx.TransportError as error:
            raise self._away(error) from error
        except UnicodeEncodeError as error:
            raise SluiceError(Code.INVALID_REQUEST, "text that is not UTF-8 cannot be sent") from error
        if response.is_error:
            raise _refused(response)
        try:
            return msgspec.json.decode(response.content, type=kind)
        except msgspec.DecodeError as error:
            raise SluiceError(
                Code.INTERNAL, f"the server at {self._where} is not a Sluice gateway of this release: {error}"
            ) from error

    @property
    def _where(self) -> str:
        return str(self._http.base_url.copy_with(userinfo=b"")).rstrip("/")

    def _away(self, error: httpx.TransportError) -> SluiceError:
        why = "it took too long" if isinstance(error, httpx.TimeoutException) else str(error)
        return UnavailableError(
            Code.GATEWAY_UNAVAILABLE,
            f"the gateway at {self._where} does not answer ({why or type(error).__name__}); "
            "start one with `sluice run`, or pass --url",
        )


def segment(name: str) -> str:
    """A name as one part of a path; SluiceError not_found for what can be none, and would lead elsewhere."""
    if name in ("", ".", "..") or "/" in name:
        raise SluiceError(Code.NOT_FOUND, f"nothing is called {name!r}")
    return quote(os.fsencode(name), safe="")


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _refused(response: httpx.Response) -> SluiceError:
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except msgspec.DecodeError:
        return SluiceError(
            Code.INTERNAL, f"{response.url} answered {response.status_code}: is a Sluice gateway there?"
        )
    code = _code(problem.code)
    return SluiceError(code, _WAYS_OUT.get(code, problem.detail), retryable=problem.retryable)


def _code(word: str) -> Code:
    """The code; INTERNAL for what can be none."""
    try:
        return Code(word)
    except ValueError:
        return Code.INTERNAL
