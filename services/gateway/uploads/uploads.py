"""Taking an upload: streamed to disk as it comes, then published as a job over its own folder."""

import asyncio
import errno
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from libs.common.errors import Code, SluiceError
from libs.common.events import ScanRequest
from services.gateway.collections.collections import Collections
from services.gateway.jobs.requests import Requests
from services.gateway.uploads.folder import UploadFolder
from services.gateway.uploads.form import UploadForm
from services.gateway.uploads.limits import UploadLimits

log = logging.getLogger(__name__)

IDLE_SECONDS = 60.0
"""How long a client may send nothing."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

Chunks = AsyncIterator[bytes]
KnownOf = Callable[[str, Collection[str]], Awaitable[Mapping[str, str]]]
"""Finds which contents, by SHA-256, a collection has already, and the points that have them."""


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """What a client asked for next to the files, unchecked. `collection` None means the active one."""

    collection: str | None
    force: bool
    caption: bool
    stores_known: bool = False
    """Whether what is stored already is stored once more."""
    callback_url: str | None = None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A published upload: its request, how many files it has, the names of those passed over."""

    request: ScanRequest
    accepted: int
    ignored: list[str]
    already_stored: int = 0
    """Of those accepted, the files whose bytes were not kept."""


@dataclass(frozen=True, slots=True)
class Uploads:
    """Takes uploads, each into a folder of its own in `folder`."""

    folder: Path
    limits: UploadLimits
    collections: Collections
    requests: Requests
    known: KnownOf
    check_callback: Callable[[str | None], None]
    """SluiceError invalid_request for a callback_url that is not called."""

    async def take(self, content_type: str, chunks: Chunks, options: UploadOptions) -> Uploaded:
        """Store the files and publish their job; whatever goes wrong, nothing of it is left behind.

        Raises SluiceError no_collection_selected, collection_not_found, invalid_request, too_large or
        disk_full, and what reading `chunks` raises.
        """
        try:
            return await self._take(content_type, chunks, options)
        except SluiceError:
            # A client that is still sending would not read the answer.
            await _drain(chunks)
            raise

    async def _take(self, content_type: str, chunks: Chunks, options: UploadOptions) -> Uploaded:
        self.check_callback(options.callback_url)
        collection = options.collection or await self.collections.active()
        await self.collections.fitting(collection)
        job_id = uuid4()
        with _room():
            folder = await asyncio.to_thread(UploadFolder, self.folder, str(job_id), self.limits)
        try:
            path = await receive(UploadForm(content_type, folder), folder, chunks)
            request = ScanRequest(
                job_id=job_id, directory_path=str(path), collection=collection,
                force=options.force, caption=options.caption, callback_url=options.callback_url,
            )  # fmt: skip
            stores_all = options.stores_known or options.force
            known = 0 if stores_all else await self._leave_out_known(collection, folder)
            await self.requests.publish(request)
        except BaseException:
            await asyncio.to_thread(folder.discard)
            raise
        return Uploaded(request, folder.accepted, folder.ignored, known)

    async def _leave_out_known(self, collection: str, folder: UploadFolder) -> int:
        """Delete what the collection has already; how many files that were."""
        known = await self.known(collection, folder.hashes)
        with _room():
            return await asyncio.to_thread(folder.leave_out, known)


async def receive(form: UploadForm, folder: UploadFolder, chunks: Chunks) -> Path:
    """All chunks, through the form, into the folder; its path. SluiceError disk_full, invalid_request."""
    with _room():
        while (chunk := await _next(chunks)) is not None:
            await asyncio.to_thread(form.feed, chunk)
        form.close()
        return await asyncio.to_thread(folder.finish)


async def _next(chunks: Chunks) -> bytes | None:
    """The next chunk, None at the end; SluiceError invalid_request from a client that fell silent."""
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            return await anext(chunks, None)
    except TimeoutError as error:
        raise SluiceError(Code.INVALID_REQUEST, f"nothing came for {IDLE_SECONDS:.0f} s") from error


async def _drain(chunks: Chunks) -> None:
    try:
        while await _next(chunks) is not None:
            pass
    except SluiceError as error:
        log.info("an upload that was refused does not end: %s", error.detail)


@contextmanager
def _room() -> Iterator[None]:
    """SluiceError disk_full, or bad_setting, in place of the system's error."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            detail = f"nothing can be written into UPLOAD_DIR: {error.strerror}"
            raise SluiceError(Code.BAD_SETTING, detail) from error
        detail = "the disk for uploads is full: free some room, or send fewer files"
        raise SluiceError(Code.DISK_FULL, detail, retryable=True) from error
