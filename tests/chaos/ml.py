"""The ML service of the proof, as a process: its vectors are a function of the image's bytes.

Run with `python -m tests.chaos.ml PORT`; it prints its port. POST /_faults makes requests fail as
`tests.support.qdrant_faults` says; POST /_spoil {"how": NAME or null} has the next answer be wrong.
"""

import asyncio
import sys
from typing import Any, cast

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support import ml_faults
from tests.support.ml_faults import Results
from tests.support.qdrant_faults import Connection, Faults, listening
from tests.support.qdrant_http import Announced, until_orphaned

SPOIL = "/_spoil"
WAYS = {
    "count": ml_faults.drop_last,
    "order": ml_faults.reverse,
    "nan": ml_faults.nan,
    "size": ml_faults.shorten,
}


def application() -> Faults:
    """The service with both kinds of faults."""
    faults = ml_faults.Faults(safe_batch=32)
    app = ml_faults.ml_app(faults)

    async def spoil(request: Request) -> Response:
        how = (await request.json())["how"]
        faults.spoil = None if how is None else _once(faults, how)
        return JSONResponse({})

    app.router.routes.append(Route(SPOIL, spoil, methods=["POST"]))
    return Faults(app)


def _once(faults: ml_faults.Faults, how: str) -> Any:
    """A fault that passes: the answer after this one is right again."""

    def spoiled(results: Results) -> Results:
        faults.spoil = None
        return WAYS[how](results)

    return spoiled


async def serve(port: int) -> None:
    """Serve until a signal, or until the process that started this one is gone."""
    app = application()
    server = Announced(uvicorn.Config(cast("Any", app), http=Connection, log_level="critical"))
    app.server = server
    watching = asyncio.create_task(until_orphaned(server))
    await server.serve(sockets=[listening("127.0.0.1", port)])
    watching.cancel()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
