import os
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from libs.common.errors import Code, SluiceError
from services.gateway.uploads import folder as upload_folder
from services.gateway.uploads import limits as limits_module
from services.gateway.uploads.folder import PARTIAL, UploadFolder, sweep
from services.gateway.uploads.form import UploadForm
from services.gateway.uploads.limits import UploadLimits
from services.gateway.uploads.uploads import receive

JOB = "a5502559-d7c1-4b4d-a83b-b557ad5590c6"


def form_of(files: list[tuple[str, bytes]], fields: dict[str, str] | None = None) -> tuple[str, bytes]:
    """Content type and body, as a client encodes them."""
    request = httpx.Request(
        "POST", "http://x", data=fields, files=[("files", (name, data)) for name, data in files]
    )
    return request.headers["content-type"], request.read()


async def in_chunks(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def received(
    uploads: Path,
    files: list[tuple[str, bytes]],
    chunk: int = 64,
    end: int | None = None,
    limits: UploadLimits | None = None,
) -> tuple[UploadFolder, Path]:
    content_type, body = form_of(files)
    folder = UploadFolder(uploads, JOB, limits)
    try:
        return folder, await receive(UploadForm(content_type, folder), folder, in_chunks(body[:end], chunk))
    except SluiceError:
        folder.discard()
        raise


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("chunk", [1, 7, 64, 1 << 16])
async def test_files_arrive_whatever_the_pieces_they_come_in(tmp_path: Path, chunk: int) -> None:
    files = [("a.jpg", b"first"), ("updir/sub/b.png", b"\r\n--second\r\n"), ("empty.jpg", b"")]

    folder, path = await received(tmp_path, files, chunk)

    assert contents(path) == dict(files)
    assert path == tmp_path / JOB
    assert (folder.accepted, folder.ignored) == (3, [])


async def test_what_is_ignored_is_listed_and_not_kept(tmp_path: Path) -> None:
    folder, path = await received(tmp_path, [("d/.DS_Store", b"x"), ("d/a.jpg", b"1")])

    assert contents(path) == {"d/a.jpg": b"1"}
    assert (folder.accepted, folder.ignored) == (1, ["d/.DS_Store"])


async def test_any_number_of_ignored_files_fills_no_memory(tmp_path: Path) -> None:
    folder, _ = await received(tmp_path, [(".DS_Store", b"")] * 1500 + [("a.jpg", b"1")], chunk=1 << 16)

    assert (folder.accepted, len(folder.ignored)) == (1, 1000)


async def test_headers_of_a_part_have_a_limit(tmp_path: Path) -> None:
    with pytest.raises(SluiceError) as refusal:
        await received(tmp_path, [("a" * 10_000 + ".jpg", b"1")])

    assert refusal.value.code is Code.INVALID_REQUEST


async def test_namesakes_are_all_kept(tmp_path: Path) -> None:
    _, path = await received(
        tmp_path, [("a.jpg", b"1"), ("a.jpg", b"2"), ("a (2).jpg", b"3"), ("./a.jpg", b"4")]
    )

    assert contents(path) == {"a.jpg": b"1", "a (2).jpg": b"2", "a (2) (2).jpg": b"3", "a (3).jpg": b"4"}


async def test_a_file_named_like_a_folder_of_another_loses_neither(tmp_path: Path) -> None:
    _, path = await received(tmp_path, [("a", b"1"), ("a/b.jpg", b"2"), ("c/d.jpg", b"3"), ("c", b"4")])

    assert sorted(contents(path).values()) == [b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize("files", [[], [(".DS_Store", b"x")]])
async def test_a_form_without_a_file_is_refused(tmp_path: Path, files: list[tuple[str, bytes]]) -> None:
    content_type, body = (
        form_of(files, {"other": "field"}) if files else ("multipart/form-data; boundary=x", b"--x--\r\n")
    )
    folder = UploadFolder(tmp_path, JOB)

    with pytest.raises(SluiceError, match="no file") as refusal:
        await receive(UploadForm(content_type, folder), folder, in_chunks(body, 50))

    assert refusal.value.code is Code.INVALID_REQUEST


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "multipart/form-data", "multipart/form-data; boundary="]
)
def test_what_is_no_multipart_form_is_refused(tmp_path: Path, content_type: str) -> None:
    with pytest.raises(SluiceError, match="multipart"):
        UploadForm(content_type, UploadFolder(tmp_path, JOB))


async def test_a_form_that_breaks_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SluiceError, match="breaks off"):
        await received(tmp_path, [("a.jpg", b"1" * 500)], end=300)


async def test_garbage_is_refused(tmp_path: Path) -> None:
    folder = UploadFolder(tmp_path, JOB)
    with pytest.raises(SluiceError):
        await receive(UploadForm("multipart/form-data; boundary=x", folder), folder, in_chunks(b"no form", 3))


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """The kernel refuses to write more into any file, as a full disk or quota does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    with files_no_larger_than(100_000), pytest.raises(SluiceError) as refusal:
        await received(tmp_path, [("a.jpg", b"1" * 200_000)], 50_000)

    assert list(tmp_path.iterdir()) == []
    assert refusal.value.code is Code.DISK_FULL


async def test_a_small_form_does_not_make_any_number_of_folders(tmp_path: Path) -> None:
    """Some 400 bytes a part made 20 folders each: a form of 2 MB took 383,380 inodes."""
    deep = [("/".join(f"{number}-{level}" for level in range(20)) + "/a.jpg", b"") for number in range(60)]
    limits = UploadLimits(folders=1000)

    with pytest.raises(SluiceError, match="more than 1,000 folders") as refusal:
        await received(tmp_path, deep, chunk=1 << 16, limits=limits)

    assert refusal.value.code is Code.TOO_LARGE
    assert list(tmp_path.iterdir()) == []


async def test_a_form_has_no_more_than_so_many_files(tmp_path: Path) -> None:
    files = [(f"{number}.jpg", b"") for number in range(11)]

    with pytest.raises(SluiceError, match="more than 10 files") as refusal:
        await received(tmp_path, files, limits=UploadLimits(files=10))
    folder, _ = await received(tmp_path, files[:10], limits=UploadLimits(files=10))

    assert refusal.value.code is Code.TOO_LARGE
    assert folder.accepted == 10


async def test_uploads_leave_room_on_their_disk(tmp_path: Path) -> None:
    more_than_there_is = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize + (1 << 40)

    with pytest.raises(SluiceError, match="short of room") as refusal:
        await received(tmp_path, [("a.jpg", b"1")], limits=UploadLimits(free_bytes=more_than_there_is))

    assert refusal.value.code is Code.DISK_FULL


async def test_room_is_looked_at_while_a_large_file_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_folder, "LOOK_BYTES", 1000)
    folder = UploadFolder(tmp_path, JOB, UploadLimits())
    folder.begin("a.jpg")
    monkeypatch.setattr(limits_module, "FREE_INODES", 2.0)

    if os.statvfs(tmp_path).f_files:
        with pytest.raises(SluiceError, match="short of inodes"):
            folder.write(b"1" * 1000)
    folder.discard()


async def test_nothing_is_left_of_what_is_discarded(tmp_path: Path) -> None:
    folder = UploadFolder(tmp_path, JOB)
    folder.begin("a/b.jpg")
    folder.write(b"1")

    folder.discard()

    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_gateway_left_is_removed_a_day_later(tmp_path: Path) -> None:
    fresh, old = tmp_path / f"{PARTIAL}1", tmp_path / f"{PARTIAL}2"
    for folder in (fresh, old, tmp_path / "done"):
        folder.mkdir()
    os.utime(old, (0, 0))

    sweep(tmp_path)

    assert {folder.name for folder in tmp_path.iterdir()} == {fresh.name, "done"}
