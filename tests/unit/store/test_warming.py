"""Payload files are in the page cache once their collection was opened."""

import ctypes
import mmap
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.common.store.engine.warming import Warming

PAGES = 64


@pytest.fixture
def warming() -> Iterator[Warming]:
    made = Warming()
    yield made
    made.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "segments" / "one" / "payload_storage"
    folder.mkdir(parents=True)
    (folder / "page_0.dat").write_bytes(os.urandom(PAGES * mmap.PAGESIZE))
    return folder / "page_0.dat"


def forget(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def resident(file: Path) -> int:
    """How many of the file's pages are in memory: mincore(2)."""
    flags = (ctypes.c_ubyte * PAGES)()
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, mmap.MAP_PRIVATE) as mapped:
        address = ctypes.addressof(ctypes.c_char.from_buffer(mapped))
        ctypes.CDLL(None, use_errno=True).mincore(
            ctypes.c_void_p(address), ctypes.c_size_t(PAGES * mmap.PAGESIZE), flags
        )
    return sum(flag & 1 for flag in flags)


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="forgets pages as POSIX does")
def test_the_payloads_of_an_opened_collection_are_in_memory(
    warming: Warming, file: Path, tmp_path: Path
) -> None:
    forget(file)
    if resident(file):
        pytest.skip("this file system keeps its pages")
    assert warming.read(tmp_path, most=1 << 30) == PAGES * mmap.PAGESIZE
    assert resident(file) == PAGES


def test_what_would_push_other_things_out_of_memory_is_not_read(
    warming: Warming, file: Path, tmp_path: Path
) -> None:
    assert warming.read(tmp_path, most=512 * file.stat().st_blocks - 1) == 0


def test_holes_are_not_read(warming: Warming, file: Path, tmp_path: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(1 << 30)
    assert warming.read(tmp_path, most=1 << 25) < 1 << 22


def test_a_collection_that_is_gone_is_no_failure(warming: Warming, tmp_path: Path) -> None:
    assert warming.read(tmp_path / "gone", most=1 << 30) == 0


def test_nothing_is_read_once_it_is_closed(warming: Warming, file: Path, tmp_path: Path) -> None:
    assert file.exists()
    warming.close()
    assert warming.read(tmp_path, most=1 << 30) == 0
