import os
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.files.formats import (
    SUPPORTED_SUFFIXES,
    accepted_suffixes,
    is_ignored_file,
    suffix_of,
)
from sluice.files.passed_over import BY_NAME


@pytest.mark.parametrize(
    ("name", "suffix"),
    [(b"A.JPG", ".jpg"), (b"a.tar.gz", ".gz"), (b"none", ""), (b".hidden", ""), (b"\xff\xfe.Dng", ".dng")],
)
def test_suffixes_are_told_from_any_bytes(name: bytes, suffix: str) -> None:
    assert suffix_of(name) == suffix


@given(
    name=st.text(alphabet="aB./é", min_size=1).map(os.fsencode).filter(lambda name: name[-1:] not in b"/.")
)
def test_suffixes_are_those_that_python_has(name: bytes) -> None:
    assert suffix_of(name) == PurePosixPath(os.fsdecode(name)).suffix.lower()


@pytest.mark.parametrize("name", [b".DS_Store", b"._a.jpg", b"a.XMP", b"b.aae", b"c.thm", b"Thumbs.db"])
def test_files_that_are_passed_over(name: bytes) -> None:
    assert is_ignored_file(name)


@pytest.mark.parametrize("name", [b"a.jpg", b"notes.txt", b"xmp", b"\xff.png"])
def test_files_that_are_not(name: bytes) -> None:
    assert not is_ignored_file(name)


def test_folders() -> None:
    assert BY_NAME.is_ignored_folder(b"_VibeDuplicates")
    assert BY_NAME.is_ignored_folder(b"_VibeArchive")
    assert BY_NAME.is_ignored_folder(b".git")
    assert BY_NAME.is_ignored_folder(b"@eaDir")
    assert not BY_NAME.is_ignored_folder(b"2024")


def test_gifs_are_looked_at_only_where_they_are_accepted() -> None:
    assert accepted_suffixes(gif=True) == SUPPORTED_SUFFIXES | {".gif"}
    assert accepted_suffixes(gif=False) == SUPPORTED_SUFFIXES
