"""The gateway's REST API, as far as the command line needs it."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import msgspec
from msgspec import Struct

from libs.common.errors import Code, SluiceError
from libs.common.events import TERMINAL, Counts

_SECONDS = 30.0


class FailedFile(Struct, frozen=True):
    """A file without a point, and why."""

    file: str
    error: str
    code: str | None = None
    details: str | None = None


class Result(Struct, frozen=True):
    """What a finished job says of its files; at most the first thousand of them."""

    failed_files: list[FailedFile] = []


class JobStatus(Struct, frozen=True):
    """A job as the gateway shows it. `counts.total` is what has its outcome, `total_files` what is known."""

    state: str
    total_files: int = 0
    counts: Counts = Counts()
    rate: float | None = None
    eta_seconds: float | None = None
    waiting_reason: str | None = None
    message: str | None = None
    exact_duplicates_count: int = 0
    result: Result | None = None

    @property
    def done(self) -> int:
        """Files that have their outcome."""
        return self.counts.stored + self.counts.failed + self.counts.skipped

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in TERMINAL


class FoundPayload(Struct, frozen=True):
    """What is stored beside a vector, as far as it is shown."""

    filename: str
    caption: str | None = None


class Found(Struct, frozen=True):
    """A photo that a search found; `score` is the cosine similarity."""

    id: str
    score: float
    payload: FoundPayload


class _Submitted(Struct, frozen=True):
    job_id: str


class _SearchResults(Struct, frozen=True):
    results: list[Found]


class _Problem(Struct, frozen=True):
    detail: str = "the gateway gave no reason"
    code: str = Code.INTERNAL


BodyT = TypeVar("BodyT")


class Client:
    """A connection to one gateway. Every call raises SluiceError with the gateway's own code and detail."""

    def __init__(self, base_url: str, api_key: str | None = None) -> None:
        headers = {"x-api-key": api_key} if api_key else {}
        self._http = httpx.AsyncClient(base_url=f"{base_url}/api/v1", timeout=_SECONDS, headers=headers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def create_collection(self, name: str) -> None:
        """Make an empty collection of the configured vector size."""
        await self._send("POST", "/collections", Any, json={"collection_name": name})

    async def select_collection(self, name: str) -> None:
        """Make it the one that requests without a collection go to."""
        await self._send("POST", "/collections/select", Any, json={"collection_name": name})

    async def ingest(self, directory: Path) -> str:
        """Start a job over the directory; its id."""
        body = {"directory_path": str(directory)}
        return (await self._send("POST", "/ingest/", _Submitted, json=body)).job_id

    async def job(self, job_id: str) -> JobStatus:
        """How the job stands."""
        return await self._send("GET", f"/ingest/status/{job_id}", JobStatus)

    async def search_image(self, name: str, photo: bytes, limit: int) -> list[Found]:
        """The stored photos that look most like this file, best first."""
        found = await self._send(
            "POST", "/search/image", _SearchResults, params={"limit": limit}, files={"file": (name, photo)}
        )
        return found.results

    async def _send(self, method: str, path: str, kind: type[BodyT], **content: Any) -> BodyT:
        try:
            response = await self._http.request(method, path, **content)
        except httpx.TransportError as error:
            raise SluiceError(
                Code.INTERNAL,
                f"the gateway at {self._http.base_url.netloc.decode()} does not answer: {error}",
            ) from error
        if response.is_error:
            raise _refused(response)
        return msgspec.json.decode(response.content, type=kind)


def _refused(response: httpx.Response) -> SluiceError:
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
        return SluiceError(Code(problem.code), problem.detail)
    except (msgspec.DecodeError, ValueError):
        return SluiceError(Code.INTERNAL, f"the gateway answered {response.status_code}")
