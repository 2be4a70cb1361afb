"""Folders that may be ingested, as a person looks for one."""

from pathlib import Path

import pytest

from libs.common.errors import Code, SluiceError
from libs.common.runtime.detached import DetachedCalls
from libs.common.settings import FilesSettings
from services.gateway.folders.folders import Folders
from sluice.files.passed_over import BY_NAME


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("photos/2019/b", "photos/2019/.hidden", "photos/2019/@eaDir", "photos/2019/A", "private"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("photos/2019/a.JPG", "photos/2019/b.dng", "photos/2019/notes.txt", "photos/2019/A/c.png"):
        (tmp_path / name).touch()
    (tmp_path / "photos" / "out").symlink_to(tmp_path / "private")
    return tmp_path / "photos"


def folders(*roots: str) -> Folders:
    return Folders(FilesSettings(scan_roots=roots), DetachedCalls(), BY_NAME)


async def test_folders_are_found_from_the_roots_down_and_nowhere_else(root: Path) -> None:
    found = folders(str(root), "s3://bucket")
    assert (await found.listing(None)).folders == [str(root), "s3://bucket"]
    top = await found.listing(str(root))
    assert top.parent is None
    inside = await found.listing(str(root / "2019"))
    assert (inside.path, inside.parent) == (str(root / "2019"), str(root))
    assert inside.folders == [str(root / "2019" / "A"), str(root / "2019" / "b")]
    assert (inside.pictures, inside.truncated) == (2, False)


@pytest.mark.parametrize(
    ("below", "code"),
    [
        ("..", Code.OUTSIDE_ROOTS),
        ("out", Code.OUTSIDE_ROOTS),
        ("gone", Code.DIRECTORY_NOT_FOUND),
        ("2019/a.JPG", Code.DIRECTORY_NOT_FOUND),
    ],
)
async def test_what_is_no_folder_inside_the_roots_is_refused(root: Path, below: str, code: Code) -> None:
    with pytest.raises(SluiceError) as refused:
        await folders(str(root)).listing(f"{root}/{below}")
    assert refused.value.code == code


async def test_without_roots_it_begins_at_home_while_only_this_machine_asks() -> None:
    assert (await folders().listing(None)).folders == [str(Path.home())]
