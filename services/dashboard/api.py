"""The gateway's REST API as the pages use it: one client for all, a key for each visitor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from libs.common.errors import Code, SluiceError, UnavailableError
from services.dashboard import bodies

SECONDS = 30.0
PREFIX = "/api/v1"

BodyT = TypeVar("BodyT")
Filters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Api:
    """Calls of one visitor. Every call raises SluiceError with the gateway's code and sentence."""

    http: httpx.AsyncClient
    key: str | None = None

    async def call(
        self, method: str, path: str, kind: type[BodyT], *, prefix: str = PREFIX, **content: Any
    ) -> BodyT:
        """The answer to a call, as a `kind`."""
        response = await self.send(method, path, prefix=prefix, **content)
        try:
            return msgspec.json.decode(response.content, type=kind)
        except msgspec.DecodeError as error:
            raise SluiceError(Code.INTERNAL, f"the gateway is of another release: {error}") from error

    async def send(self, method: str, path: str, *, prefix: str = PREFIX, **content: Any) -> httpx.Response:
        """The response to a call that succeeded."""
        headers = {"x-api-key": self.key} if self.key else {}
        try:
            response = await self.http.request(method, prefix + path, headers=headers, **content)
        except httpx.TransportError as error:
            raise UnavailableError(
                Code.GATEWAY_UNAVAILABLE, "the gateway does not answer; this page tries again by itself"
            ) from error
        if response.is_error:
            raise _refused(response)
        return response

    async def jobs(self, limit: int = 20, cursor: str | None = None) -> bodies.JobPage:
        """Jobs, the newest first."""
        params = known({"limit": limit, "cursor": cursor})
        return await self.call("GET", "/ingest/jobs", bodies.JobPage, params=params)

    async def job(self, job_id: str) -> bodies.Job:
        """How a job stands."""
        return await self.call("GET", f"/ingest/status/{segment(job_id)}", bodies.Job)

    async def files(
        self, job_id: str, outcome: str, code: str | None, cursor: str | None, limit: int = 50
    ) -> bodies.FilePage:
        """A page of a job's files."""
        params = known({"outcome": outcome, "code": code, "cursor": cursor, "limit": limit})
        return await self.call("GET", f"/ingest/jobs/{segment(job_id)}/files", bodies.FilePage, params=params)

    async def command(self, job_id: str, action: str) -> None:
        """Pause, resume or cancel a job."""
        await self.send("POST", f"/ingest/jobs/{segment(job_id)}/{action}")

    async def retry(self, job_id: str) -> bodies.Submitted:
        """A new job of the failed files."""
        return await self.call("POST", f"/ingest/jobs/{segment(job_id)}/retry", bodies.Submitted, json={})

    async def ingest(self, path: str) -> bodies.Submitted:
        """Start a job over a folder that the gateway can read."""
        return await self.call("POST", "/ingest/", bodies.Submitted, json={"directory_path": path})

    async def services(self) -> list[bodies.Instance]:
        """Every running instance."""
        return await self.call("GET", "/services", list[bodies.Instance])

    async def capabilities(self) -> bodies.Capabilities:
        """What the system can do now."""
        return await self.call("GET", "/capabilities", bodies.Capabilities)

    async def collections(self) -> list[str]:
        """The names of all collections."""
        return await self.call("GET", "/collections", list[str])

    async def collection(self, name: str) -> bodies.Collection:
        """One collection."""
        return await self.call("GET", f"/collections/{segment(name)}/info", bodies.Collection)

    async def gallery(
        self, collection: str, filters: Filters, cursor: str | None, limit: int
    ) -> bodies.Gallery:
        """A page of a collection's photos, the newest first."""
        given = {"limit": limit, "cursor": cursor, "filters": as_query(filters)}
        path = f"/collections/{segment(collection)}/images"
        return await self.call("GET", path, bodies.Gallery, params=known(given))

    async def facets(self, collection: str, fields: Sequence[str], filters: Filters) -> bodies.Facets:
        """How often each value of the fields is there."""
        given = {"fields": ",".join(fields), "limit": 12, "filters": as_query(filters)}
        path = f"/collections/{segment(collection)}/facets"
        return await self.call("GET", path, bodies.Facets, params=known(given))

    async def similar(self, photo_id: str, limit: int) -> bodies.Photos:
        """Photos that look like a stored one."""
        path = f"/images/{segment(photo_id)}/similar"
        return await self.call("GET", path, bodies.Photos, params={"limit": limit})

    async def search(self, query: str, filters: Filters, limit: int = 60) -> bodies.Photos:
        """Photos by words."""
        body = {"query": query, "limit": limit, "filters": filters or None}
        return await self.call("POST", "/search", bodies.Photos, json=known(body))

    async def search_image(self, name: str, content: bytes, limit: int = 60) -> bodies.Photos:
        """Photos that look like a picture."""
        return await self.call(
            "POST", "/search/image", bodies.Photos, params={"limit": limit}, files={"file": (name, content)}
        )

    async def photo(self, photo_id: str) -> bodies.PhotoInfo:
        """What is known of a photo."""
        return await self.call("GET", f"/images/{segment(photo_id)}/info", bodies.PhotoInfo)


def known(given: Mapping[str, Any]) -> dict[str, Any]:
    """Only what has a value."""
    return {name: value for name, value in given.items() if value is not None}


def as_query(filters: Filters) -> str | None:
    """Filters as a parameter of a URL; None where there are none."""
    return msgspec.json.encode(filters).decode() if filters else None


def segment(name: str) -> str:
    """A name as one part of a path."""
    return quote(name, safe="")


def _refused(response: httpx.Response) -> SluiceError:
    try:
        problem = msgspec.json.decode(response.content, type=bodies.Problem)
        return SluiceError(Code(problem.code), problem.detail)
    except (msgspec.DecodeError, ValueError):
        return SluiceError(Code.INTERNAL, f"the gateway answered {response.status_code}")
