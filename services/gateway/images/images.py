"""Finding a point by its id alone, and opening what it stands for."""

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from libs.common.errors import Code, FileError, SluiceError
from libs.common.imaging.child import LARGEST
from libs.common.imaging.containers.sniff import HEAD_BYTES, Format, accepted
from libs.common.imaging.video.sniff import VIDEO_FORMATS, VideoFormat, sniff_video
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.points.fields import Fields, names
from libs.common.points.paths import path_of
from libs.common.points.projections import SEARCH
from libs.common.runtime.detached import DetachedCalls
from libs.common.sources.files.failures import file_errors
from libs.common.sources.source import Identity, OpenFile, Part
from libs.common.sources.sources import Sources
from libs.common.store.protocol import Payload, PayloadFields, Record, Store
from services.gateway.api.caller import sees
from services.gateway.api.deadlines import as_of_now
from services.gateway.collections.collections import Collections
from services.gateway.images.decoding import Decoding

SHOWN_AS_IS = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
}
"""Media types of the formats that every browser shows; all others are converted."""
_AS_THEY_ARE = SHOWN_AS_IS | {
    "MP4": "video/mp4",
    "MOV": "video/quicktime",
    "3GP": "video/3gpp",
    "AVI": "video/x-msvideo",
    "MKV": "video/x-matroska",
}
"""Those of what is served as it is where that is asked for: browsers play some of the videos."""
_BINARY = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Found:
    """A point and the collection it is in."""

    id: str
    collection: str
    payload: Payload

    @property
    def point(self) -> Fields:
        """What is known of it."""
        return Fields(self.payload)

    @property
    def filename(self) -> str:
        """The file's name, for people; never empty."""
        return self.point.filename or Path(self.shown_path).name or self.id

    @property
    def shown_path(self) -> str:
        """The file's path, for people."""
        return self.point.full_path or ""

    @property
    def path(self) -> bytes:
        """The file's path, for opening."""
        return path_of(self.point) or b""

    @property
    def part(self) -> Part | None:
        """Where the file lies within another, if it does."""
        offset, size = self.point.offset, self.point.size
        return None if offset is None or size is None else Part(offset, size)


@dataclass(frozen=True, slots=True)
class OpenPicture:
    """An open file that begins like a picture or a video of this format."""

    file: OpenFile
    format: Format | VideoFormat

    @property
    def media_type(self) -> str | None:
        """What the file is served as without conversion, or None if browsers do not show it."""
        return SHOWN_AS_IS.get(self.format)

    @property
    def original_media_type(self) -> str:
        """What the file is served as where it is asked for as it is."""
        return _AS_THEY_ARE.get(self.format, _BINARY)


@dataclass(frozen=True, slots=True)
class Images:
    """The pictures behind the points."""

    store: Store
    control: ControlTable
    collections: Collections
    sources: Sources
    decoding: Decoding
    detached: DetachedCalls

    async def find(self, image_id: UUID, fields: PayloadFields) -> Found:
        """The point, looked for in the active collection first; SluiceError image_not_found."""
        return await as_of_now(self.control, lambda: self._find(image_id, fields))

    async def _find(self, image_id: UUID, fields: PayloadFields) -> Found:
        for name in await self._places():
            for record in await self._retrieve(name, str(image_id), fields):
                return Found(str(image_id), name, record)
        raise SluiceError(Code.IMAGE_NOT_FOUND, f"there is no image {image_id}")

    async def random(self) -> Record:
        """A point of the active collection, each with about the same chance; SluiceError image_not_found."""
        name = await self.collections.active()
        # Ids are hashes, so a random place in their order falls before any point about equally often.
        for after in (str(uuid4()), None):
            found, _ = await self.store.scroll(name, limit=1, after=after, payload=SEARCH)
            if found:
                return found[0]
        raise SluiceError(Code.IMAGE_NOT_FOUND, f"collection {name} is empty")

    async def thumbnail(self, image_id: UUID) -> bytes:
        """The thumbnail as a JPEG; SluiceError image_not_found also where the point has none."""
        found = await self.find(image_id, names(Fields.thumbnail_base64))
        try:
            data = base64.b64decode(found.point.thumbnail_base64 or "", validate=True)
        except (binascii.Error, TypeError):
            data = b""
        if not data:
            raise SluiceError(Code.IMAGE_NOT_FOUND, f"image {image_id} has no thumbnail")
        return data

    async def picture(self, found: Found) -> OpenPicture:
        """The file behind the point; SluiceError outside_roots, read_failed, or file_gone.

        A file is gone, too, if it is no picture any more, whatever the point says: nothing else is served.
        """
        return await self.detached.run(lambda: self._picture(found), found.shown_path)

    async def as_jpeg(self, picture: OpenPicture, name: str) -> bytes:
        """The file as a JPEG that browsers show, a video by one of its frames; FileError for what cannot be
        decoded.
        """
        if picture.file.identity.size > LARGEST and picture.format not in VIDEO_FORMATS:
            raise SluiceError(Code.TOO_LARGE, f"{name} is too large to be converted")
        return await self.decoding.displayable(picture.file)

    async def _places(self) -> list[str]:
        """The collections to look in, of those that the caller may know of: the active one first."""
        names = [name for name in await self.store.collections() if sees(name)]
        active = self.control.active()
        return sorted(names, key=lambda name: (name != active, name))

    async def _retrieve(self, name: str, image_id: str, fields: PayloadFields) -> Sequence[Payload]:
        try:
            return [record.payload for record in await self.store.retrieve(name, [image_id], payload=fields)]
        except SluiceError as error:
            if error.code is Code.COLLECTION_NOT_FOUND:
                # Removed since its name was read.
                return []
            raise

    def _picture(self, found: Found) -> OpenPicture:
        file = self._file(found)
        with file_errors():
            head = os.pread(file.descriptor, HEAD_BYTES, 0)
        if (kind := accepted(head, gif=True)) is not None:
            return OpenPicture(file, kind)
        if (video := sniff_video(head)) is not None:
            return OpenPicture(file, video.format)
        file.close()
        raise SluiceError(Code.FILE_GONE, f"{found.shown_path} is no picture any more")

    def _file(self, found: Found) -> OpenFile:
        try:
            return self.sources.of(found.path).open(found.path, part=found.part)
        except FileError as error:
            if error.code in (Code.FILE_VANISHED, Code.NOT_A_REGULAR_FILE):
                detail = f"{found.shown_path} is not there any more"
                raise SluiceError(Code.FILE_GONE, detail) from error
            kept = (Code.OUTSIDE_ROOTS, Code.SOURCE_DENIED, Code.SOURCE_GONE)
            code = error.code if error.code in kept else Code.READ_FAILED
            raise SluiceError(code, f"{found.shown_path}: {error.detail}") from error


def etag_of(data: bytes) -> str:
    """A strong entity tag of these bytes."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def etag_of_file(identity: Identity, kind: str) -> str:
    """A tag that changes with the file; `kind` keeps a converted picture apart from its original."""
    return f'"{identity.mtime_ns:x}-{identity.size:x}-{kind}"'


def is_known(if_none_match: str | None, etag: str) -> bool:
    """Whether the client's If-None-Match names the tag, or everything."""
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in tags or "*" in tags
