"""What is opened below a root lies below it, in one system call and part by part."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from libs.common.errors import Code, FileError
from libs.common.sources.files import openat2
from libs.common.sources.files.beneath import open_beneath, open_by_parts
from libs.common.sources.files.source import FileSource
from libs.common.sources.roots import Roots

Open = Callable[[int, bytes, int], int]


@pytest.fixture(params=[open_beneath, open_by_parts])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., int]]:
    """Opens a path below `tmp_path`/root; what it opened is closed at the end."""
    function: Open = request.param
    root = tmp_path / "root"
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "x.jpg").write_bytes(b"inside")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x.jpg").write_bytes(b"outside")
    folder = os.open(root, os.O_RDONLY)
    descriptors = [folder]

    def call(path: bytes, flags: int = os.O_RDONLY) -> int:
        descriptors.append(function(folder, path, flags))
        return descriptors[-1]

    yield call
    for descriptor in descriptors:
        os.close(descriptor)


def test_the_kernel_of_this_machine_does_it_in_one_call() -> None:
    assert openat2.is_there()


def test_a_file_and_a_folder_below_are_opened(opened: Callable[..., int]) -> None:
    assert os.read(opened(b"a/b/x.jpg"), 100) == b"inside"
    for path, name in ((b"a/b", "x.jpg"), (b".", "a")):
        with os.scandir(opened(path, os.O_RDONLY | os.O_DIRECTORY)) as entries:
            assert [entry.name for entry in entries] == [name]


@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_PATH])
@pytest.mark.parametrize("where", ["file", "folder", "inside"])
def test_no_link_is_followed(opened: Callable[..., int], tmp_path: Path, where: str, flags: int) -> None:
    (tmp_path / "root" / "file").symlink_to(tmp_path / "out" / "x.jpg")
    (tmp_path / "root" / "folder").symlink_to(tmp_path / "out")
    (tmp_path / "root" / "inside").symlink_to("a/b")
    path = {"file": b"file", "folder": b"folder/x.jpg", "inside": b"inside/x.jpg"}[where]
    with pytest.raises(OSError, match=r".*") as refusal:
        opened(path, flags)
    assert refusal.value.errno == errno.ELOOP


def test_dots_do_not_lead_out(opened: Callable[..., int]) -> None:
    with pytest.raises(OSError, match=r".*") as refusal:
        opened(b"../out/x.jpg")
    assert refusal.value.errno == errno.EXDEV


def test_what_is_not_there_is_not_there(opened: Callable[..., int]) -> None:
    for path in (b"a/none.jpg", b"none/x.jpg", b"a/b/x.jpg/y.jpg"):
        with pytest.raises(OSError, match=r".*") as refusal:
            opened(path)
        assert refusal.value.errno in (errno.ENOENT, errno.ENOTDIR)


def test_no_descriptor_is_inherited_by_a_child(opened: Callable[..., int]) -> None:
    assert not os.get_inheritable(opened(b"a/b/x.jpg"))


def test_a_link_inside_the_roots_is_followed_and_one_that_leads_out_is_not(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (root / "a" / "x.jpg").write_bytes(b"inside")
    (tmp_path / "secret.jpg").write_bytes(b"outside")
    (root / "in.jpg").symlink_to(root / "a" / "x.jpg")
    (root / "out.jpg").symlink_to(tmp_path / "secret.jpg")
    source = FileSource(Roots((bytes(root),)))
    with source.open(bytes(root / "in.jpg")) as file:
        assert os.read(file.descriptor, 100) == b"inside"
    for path, links, code in (
        (root / "out.jpg", True, Code.OUTSIDE_ROOTS),
        (root / ".." / "secret.jpg", True, Code.OUTSIDE_ROOTS),
        (tmp_path / "secret.jpg", True, Code.OUTSIDE_ROOTS),
        (root / "in.jpg", False, Code.NOT_A_REGULAR_FILE),
        (tmp_path / "secret.jpg", False, Code.OUTSIDE_ROOTS),
    ):
        with pytest.raises(FileError) as refusal:
            source.open(bytes(path), links=links)
        assert refusal.value.code is code, path


def test_one_file_can_be_a_root(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"inside")
    with FileSource(Roots((bytes(path),))).open(bytes(path)) as file:
        assert stat.S_ISREG(file.stat().st_mode)


def test_an_open_file_that_nobody_closes_closes_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"inside")
    file = FileSource(Roots((bytes(tmp_path),))).open(bytes(path))
    descriptor = file.descriptor
    del file
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
