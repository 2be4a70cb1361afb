"""A file as a response, whole or by ranges, whose errors are problems like all others."""

from collections.abc import Mapping

from starlette.responses import FileResponse, Response
from starlette.types import Message, Receive, Scope, Send

from libs.common.errors import Code
from libs.common.http.problems.problem import problem
from libs.common.sources.source import OpenFile

_MALFORMED, _BEYOND = 400, 416


class RangedFile(FileResponse):
    """A Range that is not one is ignored, as RFC 9110 has it; one beyond the file is a 416 with its size.

    It closes the file once it has been sent.
    """

    def __init__(self, file: OpenFile, headers: Mapping[str, str], media_type: str, filename: str) -> None:
        super().__init__(
            file.path,
            stat_result=file.stat(),
            headers=headers,
            media_type=media_type,
            filename=filename,
            content_disposition_type="inline",
        )
        self._opened = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        with self._opened:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused: list[Message] = []

        async def unless_refused(message: Message) -> None:
            if message.get("status") in (_MALFORMED, _BEYOND):
                refused.append(message)
            if not refused:
                await send(message)

        await super().__call__(scope, receive, unless_refused)
        if not refused:
            return
        if refused[0]["status"] == _MALFORMED:
            await super().__call__(_without_range(scope), receive, send)
        else:
            await self._beyond()(scope, receive, send)

    def _beyond(self) -> Response:
        size = self.headers["content-length"]
        return problem(
            Code.INVALID_REQUEST,
            f"the range lies beyond the end of the file, which has {size} bytes",
            status=_BEYOND,
            headers={"content-range": f"bytes */{size}"},
        )


def _without_range(scope: Scope) -> Scope:
    return {**scope, "headers": [header for header in scope["headers"] if header[0] != b"range"]}
