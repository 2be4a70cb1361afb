from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.uploads.names import is_ignored, numbered, safe_path


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ("a.jpg", "a.jpg"),
        ("updir/sub/b.png", "updir/sub/b.png"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        (r"C:\Users\me\c.jpg", "Users/me/c.jpg"),
        (r"..\d.jpg", "d.jpg"),
        ("a/../b.jpg", "a/b.jpg"),
        ("nul\0byte.jpg", "nul_byte.jpg"),
        ("line\nbreak.jpg", "line_break.jpg"),
        ("CON.jpg", "_CON.jpg"),
        ("folder. /e.jpg", "folder/e.jpg"),
        ("été 写真 🌅.jpg", "été 写真 🌅.jpg"),
        ("half \ud800.jpg", "half _.jpg"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("   ", "_"),
    ],
)
def test_a_name_stays_below_its_folder(sent: str, path: str) -> None:
    assert str(safe_path(sent)) == path


def test_a_long_name_keeps_its_suffix() -> None:
    path = safe_path("é" * 300 + ".jpeg")

    assert path.suffix == ".jpeg"
    assert 190 < len(path.name.encode()) <= 200


@given(st.text(st.characters(codec=None), max_size=400))
def test_whatever_is_sent_can_be_created_and_only_below(
    sent: str,
) -> None:
    path = safe_path(sent)
    root = Path("/uploads/job")

    assert not path.is_absolute()
    assert (root / path).resolve().is_relative_to(root)
    assert path.name
    assert all(len(part.encode()) <= 255 for part in path.parts)


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        ("a/.DS_Store", True),
        ("__MACOSX/a.jpg", True),
        ("Thumbs.db", True),
        ("a/b.xmp", True),
        ("a/b.jpg", False),
        ("notes.txt", False),
    ],
)
def test_what_a_scan_passes_over_is_ignored(path: str, ignored: bool) -> None:
    assert is_ignored(PurePosixPath(path)) is ignored


def test_namesakes_are_numbered() -> None:
    assert str(numbered(PurePosixPath("a/b.jpg"), 3)) == "a/b (3).jpg"
