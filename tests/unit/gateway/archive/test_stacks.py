"""Files of one picture move together, or not at all; and so they come back."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from libs.common.duplicates.stacks import mates
from libs.common.errors import Code
from services.gateway.archive.journal import Opened
from services.gateway.archive.moves.disk import RealDisk
from services.gateway.archive.moves.executor import Result
from services.gateway.archive.moves.naming import DUPLICATES, SELECTION
from services.gateway.archive.planning import Target, duplicates, incomplete, selected, stacked, units
from tests.support.archiving import ARCHIVE_ID, executor, record_of


def made(folder: Path, *names: str) -> list[Path]:
    """Files, each with a content of its own name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text(name)
    return [folder / name for name in names]


def selection(paths: Sequence[Path]) -> list[Target]:
    records = [record_of(path) for path in paths]
    return stacked(selected(records), mates(records))


def copies(requested: Sequence[Path], others: Sequence[Path]) -> list[Target]:
    records = [record_of(path) for path in requested]
    every = [*records, *(record_of(path) for path in others)]
    return stacked(duplicates({each.id for each in records}, every), mates(records))


def archive(root: Path, targets: list[Target], folder: str = SELECTION) -> Result:
    shop = executor(root)
    shop.root.mkdir(exist_ok=True)
    shop.journal(ARCHIVE_ID).begin(Opened(kind="selection", collection="photos", generation=None))
    return shop.archive(ARCHIVE_ID, targets, folder)


def codes(result: Result) -> dict[str, Code]:
    return {Path(skipped.path).name: skipped.error.code for skipped in result.skipped}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_file() and path.name != "manifest.txt"}


def test_a_stack_moves_with_the_sidecar_that_its_files_share(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    photos = made(folder, "a.dng", "a.jpg", "a-edited.jpg")
    made(folder, "a.xmp", "a.jpg.xmp", "b.jpg")

    result = archive(folder, selection(photos))

    assert not result.skipped
    assert names(folder) == {"b.jpg"}
    assert names(folder / SELECTION) == {"a.dng", "a.jpg", "a-edited.jpg", "a.xmp", "a.jpg.xmp"}


def test_a_live_photo_moves_with_its_video_which_is_a_photo_of_its_own(tmp_path: Path) -> None:
    photos = made(tmp_path / "p", "a.heic", "a.mov")

    result = archive(tmp_path / "p", selection(photos))

    moved = [[Path(file.source).name for file in gone.files] for gone in result.archived]
    assert sorted(moved) == [["a.heic"], ["a.mov"]]


def test_all_get_the_same_number_where_a_name_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    photos = made(folder, "a-edited.jpg", "a.dng")
    made(folder / SELECTION, "a.dng")

    archive(folder, selection(photos))

    assert names(folder / SELECTION) == {"a.dng", "a_2.dng", "a_2-edited.jpg"}


def test_of_a_stack_of_which_one_file_cannot_move_all_stay(tmp_path: Path) -> None:
    photos = made(tmp_path / "p", "a.dng", "a.jpg", "b.jpg")
    targets = selection(photos)
    photos[0].write_text("edited since")

    result = archive(tmp_path / "p", targets)

    assert codes(result) == {"a.dng": Code.FILE_CHANGED, "a.jpg": Code.PART_OF_STACK}
    assert names(tmp_path / "p") == {"a.dng", "a.jpg"}


def test_a_copy_stays_whose_raw_is_the_only_one(tmp_path: Path) -> None:
    requested = made(tmp_path / "copy", "a.dng", "a.jpg")
    kept = made(tmp_path / "album", "a.jpg")

    result = archive(tmp_path / "copy", copies(requested, kept), DUPLICATES)

    assert codes(result) == {"a.dng": Code.LAST_COPY, "a.jpg": Code.PART_OF_STACK}
    assert names(tmp_path / "copy") == {"a.dng", "a.jpg"}


def test_a_move_that_fails_half_way_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = made(tmp_path / "p", "a.dng", "a.jpg")
    written: list[str] = []
    append = RealDisk.append

    def full(self: RealDisk, path: Path, data: bytes) -> None:
        if b'"step":"begun"' in data and b'"way":"archive"' in data:
            written.append("begun")
            if len(written) == 2:
                raise OSError(28, "No space left on device")
        append(self, path, data)

    monkeypatch.setattr(RealDisk, "append", full)

    result = archive(tmp_path / "p", selection(photos))

    assert sorted(codes(result).values()) == [Code.DISK_FULL, Code.PART_OF_STACK]
    assert names(tmp_path / "p") == {"a.dng", "a.jpg"}


def test_a_stack_comes_back_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    photos = made(folder, "a.dng", "a.jpg")
    archive(folder, selection(photos))
    (folder / "a.jpg").write_text("another file of its name")

    blocked = executor(folder).restore(ARCHIVE_ID, dry_run=False)
    left = names(folder)
    (folder / "a.jpg").unlink()
    back = executor(folder).restore(ARCHIVE_ID, dry_run=False)

    assert [each.error.code for each in blocked if each.error] == [Code.NAME_TAKEN] * 2
    assert left == {"a.jpg"}
    assert [each.error for each in back] == [None, None]
    assert names(folder) == {"a.dng", "a.jpg"}


def test_a_stack_with_a_file_of_unknown_content_stays(tmp_path: Path) -> None:
    raw, shot = made(tmp_path / "copy", "a.dng", "a.jpg")
    (kept,) = made(tmp_path / "album", "a.jpg")
    records = [record_of(raw), record_of(shot)]
    del records[0].payload["file_hash"]
    targets = duplicates({each.id for each in records}, [*records, record_of(kept)])

    (unit,) = units(stacked(targets, mates(records)))

    found = incomplete(unit)
    assert found is not None
    assert (found.path, found.error.code) == (shot, Code.PART_OF_STACK)
    assert incomplete((Target(unit[0].photo, None),)) is None


def test_an_emptied_archive_folder_goes_and_one_with_other_files_stays(tmp_path: Path) -> None:
    photos = [*made(tmp_path / "p", "a.jpg"), *made(tmp_path / "q", "b.jpg")]
    archive(tmp_path / "p", selection(photos))
    made(tmp_path / "q" / SELECTION, "of another archive.jpg")

    executor(tmp_path / "p").restore(ARCHIVE_ID, dry_run=False)

    assert names(tmp_path / "p") == {"a.jpg"}
    assert not (tmp_path / "p" / SELECTION).exists()
    assert names(tmp_path / "q" / SELECTION) == {"of another archive.jpg"}
