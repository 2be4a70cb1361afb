"""A vector store that costs nothing: the Qdrant REST calls that Sluice makes, answered at once.

`python -m bench.store_stub PORT`. It knows which collections there are and keeps no point: what is upserted
is acknowledged, what is asked for is not there. Its own protocol, because parsing megabytes of points would
cost more than all that it stands next to.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any, cast

import msgspec

_HEAD_END = b"\r\n\r\n"

_RESULTS: dict[tuple[str, ...], Any] = {
    ("POST", "points"): [],
    ("POST", "points", "scroll"): {"points": [], "next_page_offset": None},
    ("POST", "points", "count"): {"count": 0},
}

_VERSION = {"title": "a stub", "version": "1.19.0"}

Answer = tuple[int, Any]


class Collections:
    """What the stub remembers: the names and shapes of collections."""

    def __init__(self) -> None:
        self._shapes: dict[str, Any] = {}

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """Status and result of one request."""
        parts = path.partition("?")[0].strip("/").split("/")
        name = parts[1] if len(parts) > 1 else ""
        match method, parts[2:]:
            case "GET", [] if not name:
                return 200, {"collections": [{"name": each} for each in self._shapes]}
            case "GET", []:
                return self._info(name)
            case "PUT", []:
                self._shapes[name] = msgspec.json.decode(body)["vectors"]
                return 200, True
            case "DELETE", []:
                return 200, self._shapes.pop(name, None) is not None
            case _:
                return 200, _RESULTS.get((method, *parts[2:]), {"operation_id": 0, "status": "completed"})

    def _info(self, name: str) -> Answer:
        if name not in self._shapes:
            return 404, None
        config = {
            "params": {"vectors": self._shapes[name]},
            "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000},
            "optimizer_config": {
                "deleted_threshold": 0.2,
                "vacuum_min_vector_number": 1000,
                "default_segment_number": 0,
                "flush_interval_sec": 5,
            },
        }
        return 200, {
            "status": "green",
            "optimizer_status": "ok",
            "points_count": 0,
            "indexed_vectors_count": 0,
            "segments_count": 1,
            "config": config,
            "payload_schema": {},
        }


class _Connection(asyncio.Protocol):
    """HTTP/1.1 as httpx speaks it: heads with a length, one request after the other."""

    def __init__(self, answer: Callable[[str, str, bytes], Answer]) -> None:
        self._answer = answer
        self._parts: list[bytes] = []
        self._size = self._needed = 0
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._parts.append(data)
        self._size += len(data)
        # Joined once a request, not once a read: a body comes in many.
        while self._size and self._size >= self._needed:
            received = b"".join(self._parts)
            self._parts = [received]
            head, found, rest = received.partition(_HEAD_END)
            if not found:
                return
            self._needed = len(head) + len(_HEAD_END) + _length(head)
            if self._size < self._needed:
                return
            self._respond(head, rest)
            self._parts, self._size = [received[self._needed :]], self._size - self._needed
            self._needed = 0

    def _respond(self, head: bytes, rest: bytes) -> None:
        method, path, _ = head.partition(b"\r\n")[0].decode().split(" ")
        status, result = self._answer(method, path, rest)
        body = msgspec.json.encode(
            {"result": result, "status": "ok", "time": 0.0} | (_VERSION if path == "/" else {})
            if status == 200
            else {"status": {"error": "Not found: Collection doesn't exist!"}, "time": 0.0}
        )
        self._transport.write(
            b"HTTP/1.1 %d -\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
            % (status, len(body))
            + body
        )


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def _serve(port: int) -> None:
    answer = Collections().answer
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(answer), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
