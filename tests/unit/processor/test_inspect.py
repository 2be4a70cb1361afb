import errno
import hashlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from libs.common.errors import Code
from libs.common.imaging.limits import Limits
from libs.common.sources.roots import Roots
from services.processor.cache.cache import Cache
from services.processor.decoding import reading
from services.processor.decoding.inspect import Inspector
from services.processor.decoding.inspection import Changing, Failed, Inspected, Reply, Request
from services.processor.settings import ProcessorSettings
from tests.support import photos
from tests.unit.imaging.metadata import samples
from tests.unit.processor.samples import MODEL, by_path, entry, request_for


@pytest.fixture
def inspect(tmp_path: Path) -> Callable[[Request], Reply]:
    return by_path(Inspector(cache_dir=tmp_path / "cache")())


def failure_of(reply: Reply) -> Code:
    assert isinstance(reply, Failed)
    assert reply.error
    return reply.code


def test_a_photo_is_read_hashed_and_normalised(tmp_path: Path, inspect: Callable[[Request], Reply]) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(photos.jpeg(1200, 900))
    found = inspect(request_for(path))
    assert isinstance(found, Inspected)
    assert found.content.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (found.content.width, found.content.height, found.content.format) == (1200, 900, "JPEG")
    assert found.jpeg is not None
    assert found.inference is None
    stat = path.stat()
    assert (found.size, found.mtime_ns, found.ctime_ns) == (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


@pytest.mark.parametrize(
    "name", [b"\xff\xfe\x80.jpg", "\u00fcml\u00e4ut \U0001f4f7.jpg".encode(), b"line\nbreak.jpg", b"-rf.jpg"]
)
def test_any_file_name_can_be_opened(
    tmp_path: Path, inspect: Callable[[Request], Reply], name: bytes
) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(photos.jpeg(64, 48))
    assert isinstance(inspect(request_for(path)), Inspected)


def test_content_decides_and_not_the_name(tmp_path: Path, inspect: Callable[[Request], Reply]) -> None:
    path = tmp_path / "photo.txt"
    path.write_bytes(photos.png(64, 48))
    found = inspect(request_for(path))
    assert isinstance(found, Inspected)
    assert found.content.format == "PNG"


def test_a_file_that_is_gone(tmp_path: Path, inspect: Callable[[Request], Reply]) -> None:
    assert (
        failure_of(inspect(Request(path=bytes(tmp_path / "x.jpg"), size=1, mtime_ns=1))) is Code.FILE_VANISHED
    )
    (tmp_path / "file").touch()
    inside = bytes(tmp_path / "file" / "x.jpg")
    assert failure_of(inspect(Request(path=inside, size=1, mtime_ns=1))) is Code.FILE_VANISHED


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.EACCES, Code.PERMISSION_DENIED),
        (errno.EPERM, Code.PERMISSION_DENIED),
        (errno.ESTALE, Code.FILE_VANISHED),
        (errno.EIO, Code.READ_FAILED),
    ],
)
def test_what_the_operating_system_refuses(
    tmp_path: Path,
    inspect: Callable[[Request], Reply],
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    code: Code,
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(photos.jpeg(64, 48))
    request = request_for(path)

    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    # Tests run as root, whom nothing is denied.
    monkeypatch.setattr(os, "open", refuse)
    assert failure_of(inspect(request)) is code


def test_what_is_no_regular_file_does_not_hang(tmp_path: Path, inspect: Callable[[Request], Reply]) -> None:
    fifo, folder, listener = tmp_path / "fifo.jpg", tmp_path / "folder.jpg", tmp_path / "socket.jpg"
    os.mkfifo(fifo)
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(listener))
        for path in (fifo, folder, listener, Path("/dev/zero")):
            assert failure_of(inspect(request_for(path))) is Code.NOT_A_REGULAR_FILE


def test_a_symlink_to_a_photo_is_that_photo(tmp_path: Path, inspect: Callable[[Request], Reply]) -> None:
    (tmp_path / "a.jpg").write_bytes(photos.jpeg(64, 48))
    (tmp_path / "link.jpg").symlink_to("a.jpg")
    assert isinstance(inspect(request_for(tmp_path / "link.jpg")), Inspected)


def test_a_symlink_to_itself(tmp_path: Path, inspect: Callable[[Request], Reply]) -> None:
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    request = Request(path=bytes(tmp_path / "loop.jpg"), size=1, mtime_ns=1)
    assert failure_of(inspect(request)) is Code.NOT_A_REGULAR_FILE


def test_a_symlink_out_of_the_roots_is_refused(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "in-but-not"
    inside.mkdir()
    outside.mkdir()
    (outside / "a.jpg").write_bytes(photos.jpeg(64, 48))
    (inside / "a.jpg").write_bytes(photos.jpeg(64, 48))
    (inside / "link.jpg").symlink_to(outside / "a.jpg")
    guarded = by_path(Inspector(cache_dir=tmp_path / "cache")(), Roots((bytes(inside),)))
    assert failure_of(guarded(request_for(inside / "link.jpg"))) is Code.OUTSIDE_ROOTS
    assert isinstance(guarded(request_for(inside / "a.jpg")), Inspected)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.jpg", b"", Code.EMPTY_FILE),
        ("a.txt", b"hello\n", Code.UNSUPPORTED_TYPE),
        ("a.gif", photos.gif(), Code.UNSUPPORTED_TYPE),
        ("a.jpg", b"hello\n", Code.DECODE_FAILED),
        ("a.jpg", photos.truncated(photos.jpeg()), Code.TRUNCATED_IMAGE),
        ("a.dng", photos.truncated(photos.dng()), Code.TRUNCATED_IMAGE),
    ],
)
def test_files_that_fail(
    tmp_path: Path, inspect: Callable[[Request], Reply], name: str, data: bytes, code: Code
) -> None:
    (tmp_path / name).write_bytes(data)
    assert failure_of(inspect(request_for(tmp_path / name))) is code


def test_a_gif_is_inspected_where_gifs_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    path.write_bytes(photos.gif())
    inspector = Inspector(cache_dir=tmp_path / "cache", limits=ProcessorSettings(accept_gif=True).limits)
    inspect = by_path(inspector())
    found = inspect(request_for(path))
    assert isinstance(found, Inspected)
    assert found.content.format == "GIF"


def test_limits(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(photos.jpeg(64, 48))
    strict = by_path(Inspector(cache_dir=tmp_path / "cache", max_file_bytes=100)())
    assert failure_of(strict(request_for(path))) is Code.TOO_LARGE
    narrow = by_path(Inspector(cache_dir=tmp_path / "cache", limits=Limits(max_pixels=100))())
    assert failure_of(narrow(request_for(path))) is Code.TOO_MANY_PIXELS


def test_a_large_file_that_is_no_picture_is_not_read(
    tmp_path: Path, inspect: Callable[[Request], Reply]
) -> None:
    path = tmp_path / "film.mp4"
    with path.open("wb") as film:
        film.write(b"\0\0\0\x18ftypmp42")
        film.truncate(1 << 40)
    assert failure_of(inspect(request_for(path))) is Code.UNSUPPORTED_TYPE


def test_a_file_that_changed_since_it_was_listed_is_looked_at_again(
    tmp_path: Path, inspect: Callable[[Request], Reply]
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(photos.jpeg(64, 48))
    listed = request_for(path)
    path.write_bytes(photos.jpeg(128, 96))
    changing = inspect(listed)
    stat = path.stat()
    assert changing == Changing(size=stat.st_size, mtime_ns=stat.st_mtime_ns)
    assert isinstance(inspect(request_for(path)), Inspected)


def test_a_file_that_grows_while_it_is_read_is_changing(
    tmp_path: Path, inspect: Callable[[Request], Reply], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(photos.jpeg(64, 48))
    request = request_for(path)
    whole = reading._whole

    def grow_meanwhile(descriptor: int, size: int) -> bytes:
        read = whole(descriptor, size)
        with path.open("ab") as writer:
            writer.write(b"more")
        return read

    monkeypatch.setattr(reading, "_whole", grow_meanwhile)
    assert isinstance(inspect(request), Changing)


def test_a_file_that_comes_in_pieces_is_whole(
    tmp_path: Path, inspect: Callable[[Request], Reply], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(photos.jpeg(64, 48))
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda descriptor, size, at: pread(descriptor, min(size, 100), at))
    found = inspect(request_for(path))
    assert isinstance(found, Inspected)
    assert found.content.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_cached_content_is_not_decoded(tmp_path: Path, inspect: Callable[[Request], Reply]) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(photos.jpeg(64, 48))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    cache = Cache(tmp_path / "cache", 1 << 24)
    cache.put_many([entry(sha256, stored_at=1000.0)], "results", {})
    cache.close()
    hit = inspect(request_for(path, model=MODEL))
    assert isinstance(hit, Inspected)
    assert hit.jpeg is None
    assert hit.inference == entry(sha256).inference
    for fields in ({"model": None}, {"model": "other"}, {"model": MODEL, "cache_cleared_at": 2000.0}):
        miss = inspect(request_for(path, **fields))
        assert isinstance(miss, Inspected)
        assert miss.jpeg is not None


@pytest.mark.parametrize("there", ["_VibeDuplicates/a.jpg", "_VibeArchive/a_2.jpg"])
def test_a_file_that_went_to_an_archive_folder_is_archived(
    tmp_path: Path, inspect: Callable[[Request], Reply], there: str
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(photos.jpeg(64, 48))
    request = request_for(path)
    (tmp_path / there).parent.mkdir()
    path.rename(tmp_path / there)
    assert failure_of(inspect(request)) is Code.ARCHIVED


def test_another_file_of_its_name_in_an_archive_folder_is_not_the_one_that_vanished(
    tmp_path: Path, inspect: Callable[[Request], Reply]
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(photos.jpeg(64, 48))
    request = request_for(path)
    path.unlink()
    (tmp_path / "_VibeDuplicates").mkdir()
    (tmp_path / "_VibeDuplicates" / "a.jpg").write_bytes(b"of another time")
    assert failure_of(inspect(request)) is Code.FILE_VANISHED


@pytest.mark.parametrize("same_picture", [True, False])
def test_what_an_older_version_read_is_read_again_and_embedded_again_only_if_it_looks_otherwise(
    tmp_path: Path, inspect: Callable[[Request], Reply], same_picture: bool
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(photos.jpeg(64, 48))
    now = inspect(request_for(path))
    assert isinstance(now, Inspected)
    thumbnail = now.content.thumbnail if same_picture else b"noise"
    old = structs.replace(now.content, reading=1, exif={}, thumbnail=thumbnail)
    cache = Cache(tmp_path / "cache", 1 << 20)
    cache.put_many([structs.replace(entry(), content=old)], "results", {})
    cache.close()
    found = inspect(request_for(path, model=MODEL))
    assert isinstance(found, Inspected)
    assert found.content == now.content
    assert (found.inference is not None, found.jpeg is None) == (same_picture, same_picture)


def test_what_lies_next_to_a_photo_is_read(tmp_path: Path, inspect: Callable[[Request], Reply]) -> None:
    for name in ("a.jpg", "b.jpg", "c(1).jpg"):
        (tmp_path / name).write_bytes(photos.jpeg(64, 48))
    (tmp_path / "a.jpg.xmp").write_bytes(samples.xmp())
    (tmp_path / "a.xmp").write_bytes(samples.xmp("", ' xmp:Rating="1"'))
    (tmp_path / "b.XMP").write_bytes(samples.xmp("", ' xmp:Rating="2"'))
    (tmp_path / "c.jpg.supplemental-metadata(1).json").write_bytes(b'{"description": "at home"}')
    found = [inspect(request_for(tmp_path / name)) for name in ("a.jpg", "b.jpg", "c(1).jpg")]
    assert [each.sidecar.rating for each in found if isinstance(each, Inspected)] == [4, 2, None]
    assert [each.export.description for each in found if isinstance(each, Inspected)] == [
        None,
        None,
        "at home",
    ]
    (tmp_path / "c(1).xmp").write_bytes(samples.xmp("", ' xmp:Rating="3"'))
    later = inspect(request_for(tmp_path / "c(1).jpg"))
    assert isinstance(later, Inspected)
    assert later.sidecar.rating == 3


def test_a_damaged_sidecar_is_no_failure(tmp_path: Path, inspect: Callable[[Request], Reply]) -> None:
    (tmp_path / "a.jpg").write_bytes(photos.jpeg(64, 48))
    (tmp_path / "a.xmp").mkdir()
    (tmp_path / "a.jpg.json").write_bytes(b"\xff" * 100)
    assert isinstance(inspect(request_for(tmp_path / "a.jpg")), Inspected)
