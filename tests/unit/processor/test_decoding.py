"""The worker over real decoder processes and real files."""

import io
from pathlib import Path

from PIL import Image

from libs.common import events, messages
from libs.common.control import ModelInUse
from libs.common.errors import Code
from libs.common.messages import ImageRecord, PathRecord
from libs.common.topics import IMAGES, MAX_MESSAGE_BYTES
from services.processor.app import inspector_of
from services.processor.decoding.pool import DecodePool
from services.processor.settings import ProcessorSettings
from services.processor.worker import ProcessorWorker
from tests.support import photos
from tests.unit.processor.samples import MODEL, file_for

KINDS = {
    "a.jpg": photos.upside(6),
    "b.png": photos.png(),
    "c.webp": photos.webp(),
    "d.tiff": photos.tiff(),
    "e.bmp": photos.bmp(),
    "f.dng": photos.dng(),
    "g.heic": photos.heic(),
    "h.avif": photos.avif(),
    "i.jxl": photos.jxl(),
}
IN_USE = ModelInUse(model=MODEL, dimension=512)
BAD = {
    "cut.jpg": (photos.truncated(photos.jpeg()), Code.TRUNCATED_IMAGE),
    "empty.png": (b"", Code.EMPTY_FILE),
    "notes.txt": (b"notes", Code.UNSUPPORTED_TYPE),
    "moving.gif": (photos.gif(), Code.UNSUPPORTED_TYPE),
}


async def test_a_folder_of_every_kind(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, data in (KINDS | {name: data for name, (data, _) in BAD.items()}).items():
        (folder / name).write_bytes(data)
    batch = [PathRecord(file=file_for(folder / name)) for name in (*KINDS, *BAD, "gone.jpg")]
    settings = ProcessorSettings(data_dir=tmp_path / "data", scan_roots=(folder,))
    async with DecodePool(inspector_of(settings), workers=2, timeout_s=30.0) as pool:
        sent = await ProcessorWorker(pool, lambda _: IN_USE)(batch)
    images = [messages.decode(out.value or b"", ImageRecord) for out in sent if out.topic is IMAGES]
    assert {image.file.path for image in images} == {bytes(folder / name) for name in KINDS}
    assert {(image.content.width, image.content.height) for image in images} == {(640, 480), (1024, 768)}
    assert all(len(out.value or b"") < MAX_MESSAGE_BYTES for out in sent)
    body = events.decode_event(sent[-1].value or b"")
    assert isinstance(body, events.Outcomes)
    expected = {name: code for name, (_, code) in BAD.items()} | {"gone.jpg": Code.FILE_VANISHED}
    assert {Path(item.file).name: item.code for item in body.items} == expected


async def test_pictures_travel_at_the_size_of_the_model(tmp_path: Path) -> None:
    photo = tmp_path / "wide.jpg"
    photo.write_bytes(photos.jpeg(1600, 1200))
    settings = ProcessorSettings(data_dir=tmp_path / "data", scan_roots=(tmp_path,))
    sizes = []
    async with DecodePool(inspector_of(settings), workers=1, timeout_s=30.0) as pool:
        for side in (None, 224):
            in_use = ModelInUse(model=MODEL, dimension=512, input_side=side)
            (sent,) = await ProcessorWorker(pool, lambda _, in_use=in_use: in_use)(  # type: ignore[misc]
                [PathRecord(file=file_for(photo))]
            )
            image = messages.decode(sent.value or b"", ImageRecord)
            sizes.append(Image.open(io.BytesIO(image.jpeg)).size)
            assert Image.open(io.BytesIO(image.content.thumbnail)).size == (200, 150)
    assert sizes == [(597, 448), (299, 224)]
