"""A hub on loopback that serves one repository from a folder, as far as huggingface_hub asks for it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class StubHub:
    """What it serves, and what it was asked for."""

    folder: Path
    repository: str
    damaged: set[str] = field(default_factory=set)
    """Files of which other bytes are sent than the listing says."""
    fetched: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)

    def app(self) -> Starlette:
        """The hub."""
        return Starlette(
            routes=[
                Route(f"/api/models/{self.repository}", self._listing),
                Route(f"/api/models/{self.repository}/revision/{{revision}}", self._listing),
                Route(
                    f"/{self.repository}/resolve/{COMMIT}/{{path:path}}", self._file, methods=["GET", "HEAD"]
                ),
            ]
        )

    async def _listing(self, _: Request) -> Response:
        return JSONResponse(
            {
                "id": self.repository, "modelId": self.repository, "sha": COMMIT, "private": False,
                "siblings": list(self._siblings()),
            }
        )  # fmt: skip

    def _siblings(self) -> Iterator[dict[str, object]]:
        for path in sorted(each for each in self.folder.rglob("*") if each.is_file()):
            name, data = path.relative_to(self.folder).as_posix(), path.read_bytes()
            found: dict[str, object] = {"rfilename": name, "size": len(data), "blobId": "0" * 40}
            if name.endswith(".onnx"):
                found["lfs"] = {"sha256": _sha256(data), "size": len(data), "pointerSize": 130}
            yield found

    async def _file(self, request: Request) -> Response:
        name = request.path_params["path"]
        if not (self.folder / name).is_file():
            return Response(status_code=404, headers={"x-error-code": "EntryNotFound"})
        data = (self.folder / name).read_bytes()
        headers = {
            "etag": f'"{_sha256(data)}"', "x-repo-commit": COMMIT, "accept-ranges": "bytes",
            "content-length": str(len(data)),
        }  # fmt: skip
        if request.method == "HEAD":
            return Response(headers=headers)
        self.fetched.append(name)
        if name in self.damaged:
            data = bytes(len(data))
        return self._part(request, data, headers)

    def _part(self, request: Request, data: bytes, headers: dict[str, str]) -> Response:
        wanted = request.headers.get("range")
        if wanted is None:
            return Response(data, headers=headers)
        self.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").partition("-")[0])
        headers["content-range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        headers["content-length"] = str(len(data) - start)
        return Response(data[start:], 206, headers=headers)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
