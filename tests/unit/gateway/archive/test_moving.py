"""The rules of moving, one by one, on real files."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from libs.common.errors import Code
from libs.common.sources.files.places import Place
from libs.common.sources.roots import Roots
from services.gateway.archive.journal import Opened
from services.gateway.archive.moves.disk import Name, RealDisk
from services.gateway.archive.moves.executor import MoveExecutor, Result, Return
from services.gateway.archive.moves.naming import DUPLICATES, SELECTION
from services.gateway.archive.moves.rules import Rules
from services.gateway.archive.planning import Target, duplicates, photo_of
from tests.support.archiving import ARCHIVE_ID, files, in_place, record_of, sha256_of


def photo(path: Path, content: bytes = b"one") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def target_of(requested: Path, *others: Path) -> list[Target]:
    return duplicates({record_of(requested).id}, [record_of(path) for path in (requested, *others)])


def shop(tmp_path: Path, disk: RealDisk | None = None, allowed: Path | None = None) -> MoveExecutor:
    root = (allowed or tmp_path).resolve()
    rules = Rules.below(Roots((bytes(root),)), disk or RealDisk())
    return MoveExecutor(tmp_path / "archives", rules)


def archive(executor: MoveExecutor, targets: list[Target], folder: str = DUPLICATES) -> Result:
    executor.root.mkdir(exist_ok=True)
    executor.journal(ARCHIVE_ID).begin(Opened(kind="exact", collection="photos", generation=None))
    return executor.archive(ARCHIVE_ID, targets, folder)


def restore(executor: MoveExecutor) -> list[Return]:
    return executor.restore(ARCHIVE_ID, dry_run=False)


def codes(result: Result) -> list[Code]:
    return [skipped.error.code for skipped in result.skipped]


def test_a_copy_goes_into_a_folder_beside_it_and_says_so_there(tmp_path: Path) -> None:
    kept, copy = photo(tmp_path / "p/a.jpg"), photo(tmp_path / "p/b.jpg")
    result = archive(shop(tmp_path), target_of(copy, kept))
    assert [(gone.keeper, codes(result)) for gone in result.archived] == [(kept, [])]
    assert not copy.exists()
    assert (tmp_path / "p/_VibeDuplicates/b.jpg").read_bytes() == b"one"
    assert str(copy) in (tmp_path / "p/_VibeDuplicates/manifest.txt").read_text()


def test_a_taken_name_gets_a_number_that_the_sidecars_share(tmp_path: Path) -> None:
    kept, copy = photo(tmp_path / "a.jpg"), photo(tmp_path / "b.jpg")
    photo(tmp_path / "b.xmp", b"about b")
    photo(tmp_path / "b.jpg.xmp", b"more about b")
    photo(tmp_path / "_VibeDuplicates/b.jpg", b"of another time")
    archive(shop(tmp_path), target_of(copy, kept))
    names = {path.name for path in files(tmp_path / "_VibeDuplicates")}
    assert names == {"b.jpg", "b_2.jpg", "b_2.xmp", "b_2.jpg.xmp"}
    assert (tmp_path / "_VibeDuplicates/b.jpg").read_bytes() == b"of another time"


def test_a_sidecar_that_another_file_shares_stays(tmp_path: Path) -> None:
    kept, copy = photo(tmp_path / "a.jpg"), photo(tmp_path / "b.jpg")
    photo(tmp_path / "b.dng", b"raw")
    sidecar = photo(tmp_path / "b.xmp", b"about both")
    archive(shop(tmp_path), target_of(copy, kept))
    assert sidecar.exists()
    assert not copy.exists()


def test_the_last_copy_stays_even_if_every_copy_was_asked_for(tmp_path: Path) -> None:
    paths = [photo(tmp_path / name) for name in ("a.jpg", "bb.jpg", "ccc.jpg")]
    records = [record_of(path) for path in paths]
    result = archive(shop(tmp_path), duplicates({record.id for record in records}, records))
    assert len(result.archived) == 2
    assert codes(result) == [Code.LAST_COPY]
    assert len(in_place(tmp_path)) - len(files(tmp_path / "archives")) == 1


def test_a_dry_run_says_the_same_and_moves_nothing(tmp_path: Path) -> None:
    paths = [photo(tmp_path / name) for name in ("a.jpg", "bb.jpg", "ccc.jpg")]
    records = [record_of(path) for path in paths]
    result = shop(tmp_path).rehearse(duplicates({record.id for record in records}, records), DUPLICATES)
    assert (len(result.archived), codes(result)) == (2, [Code.LAST_COPY])
    assert files(tmp_path) == sorted([*paths, tmp_path / "archives/.lock"])


def test_a_second_name_of_the_same_file_is_no_copy(tmp_path: Path) -> None:
    copy = photo(tmp_path / "a.jpg")
    os.link(copy, tmp_path / "b.jpg")
    assert codes(archive(shop(tmp_path), target_of(copy, tmp_path / "b.jpg"))) == [Code.LAST_COPY]


def test_a_second_name_is_not_moved_as_a_copy_of_another_file_either(tmp_path: Path) -> None:
    kept, copy = photo(tmp_path / "a.jpg"), photo(tmp_path / "b.jpg")
    os.link(copy, tmp_path / "c.jpg")
    assert codes(archive(shop(tmp_path), target_of(copy, kept, tmp_path / "c.jpg"))) == [Code.SAME_FILE]
    assert copy.exists()


def test_a_keeper_that_has_changed_or_gone_keeps_nothing(tmp_path: Path) -> None:
    changed, gone, copy = (photo(tmp_path / f"{name}.jpg") for name in "abc")
    targets = target_of(copy, changed, gone)
    changed.write_bytes(b"two")
    gone.unlink()
    assert codes(archive(shop(tmp_path), targets)) == [Code.LAST_COPY]
    assert copy.exists()


def test_a_target_that_has_changed_since_it_was_ingested_stays(tmp_path: Path) -> None:
    kept, copy = photo(tmp_path / "a.jpg"), photo(tmp_path / "b.jpg")
    targets = target_of(copy, kept)
    copy.write_bytes(b"edited since")
    assert codes(archive(shop(tmp_path), targets)) == [Code.FILE_CHANGED]


def test_links_and_what_lies_outside_the_roots_stay(tmp_path: Path) -> None:
    kept, real = photo(tmp_path / "in/a.jpg"), photo(tmp_path / "out/b.jpg")
    link, folder = tmp_path / "in/link.jpg", tmp_path / "in/folder"
    link.symlink_to(real)
    folder.symlink_to(real.parent)
    targets = [target_of(path, kept)[0] for path in (link, folder / "b.jpg", real)]
    result = archive(shop(tmp_path, allowed=tmp_path / "in"), targets)
    assert codes(result) == [Code.NOT_A_REGULAR_FILE, Code.NOT_A_REGULAR_FILE, Code.OUTSIDE_ROOTS]


def test_an_archive_folder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    kept, copy = photo(tmp_path / "p/a.jpg"), photo(tmp_path / "p/b.jpg")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "p/_VibeDuplicates").symlink_to(tmp_path / "elsewhere")
    assert codes(archive(shop(tmp_path), target_of(copy, kept))) == [Code.CANNOT_MOVE]


def test_a_selection_may_move_what_has_no_copy(tmp_path: Path) -> None:
    only = photo(tmp_path / "a.jpg")
    result = archive(shop(tmp_path), [Target(photo_of(record_of(only)), None)], SELECTION)
    assert codes(result) == []
    assert (tmp_path / "_VibeArchive/a.jpg").exists()


class WithoutLinks(RealDisk):
    """A file system such as exFAT."""

    def link(self, source: Name, destination: Name) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM), source.name, None, destination.name)


class WithoutAnything(WithoutLinks):
    """One that cannot rename without replacing either."""

    def rename(self, source: Name, destination: Name) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP), source.name, None, destination.name)


class Filling(RealDisk):
    """A disk without room for a journal."""

    def append(self, path: Name, data: bytes) -> None:
        if path.name == "journal.jsonl" and b'"opened"' not in data:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path.name)
        super().append(path, data)


def test_without_hard_links_it_is_renamed_and_can_come_back(tmp_path: Path) -> None:
    kept, copy = photo(tmp_path / "a.jpg"), photo(tmp_path / "b.jpg")
    executor = shop(tmp_path, WithoutLinks())
    assert codes(archive(executor, target_of(copy, kept))) == []
    assert not copy.exists()
    assert [found.error for found in restore(executor)] == [None]
    assert copy.read_bytes() == b"one"


def test_a_rename_never_replaces(tmp_path: Path) -> None:
    one, other = photo(tmp_path / "a.jpg"), photo(tmp_path / "b.jpg", b"two")
    with pytest.raises(FileExistsError):
        RealDisk().rename(one, other)
    assert (one.read_bytes(), other.read_bytes()) == (b"one", b"two")


@pytest.mark.parametrize(
    ("disk", "code"), [(WithoutAnything(), Code.CANNOT_MOVE), (Filling(), Code.DISK_FULL)]
)
def test_a_file_system_that_cannot_do_it_safely_is_left_alone(
    tmp_path: Path, disk: RealDisk, code: Code
) -> None:
    kept, copy = photo(tmp_path / "a.jpg"), photo(tmp_path / "b.jpg")
    assert codes(archive(shop(tmp_path, disk), target_of(copy, kept))) == [code]
    assert copy.exists()


class Replacing(RealDisk):
    """Somebody puts another photo in the place of the target just before it is linked."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def link(self, source: Name, destination: Name) -> None:
        if isinstance(source, Place) and source.path == self._target:
            photo(self._target.with_name("new"), b"a new photo").replace(self._target)
        super().link(source, destination)


def test_a_photo_that_is_replaced_at_the_last_moment_is_not_taken_for_the_copy(tmp_path: Path) -> None:
    kept, copy = photo(tmp_path / "a.jpg"), photo(tmp_path / "b.jpg")
    assert codes(archive(shop(tmp_path, Replacing(copy)), target_of(copy, kept))) == [Code.FILE_CHANGING]
    assert copy.read_bytes() == b"a new photo"
    assert files(tmp_path / "_VibeDuplicates") == []


def test_restoring_never_overwrites(tmp_path: Path) -> None:
    kept, copy = photo(tmp_path / "a.jpg"), photo(tmp_path / "b.jpg")
    executor = shop(tmp_path)
    archive(executor, target_of(copy, kept))
    photo(copy, b"a new photo")
    (found,) = restore(executor)
    assert found.error is not None
    assert found.error.code is Code.NAME_TAKEN
    assert copy.read_bytes() == b"a new photo"
    assert (tmp_path / "_VibeDuplicates/b.jpg").read_bytes() == b"one"


def test_names_that_are_not_unicode_go_and_come_back(tmp_path: Path) -> None:
    kept, copy = photo(tmp_path / "a.jpg"), photo(tmp_path / os.fsdecode(b"\xff\n.jpg"))
    record = record_of(kept)
    target = Target(photo_of(record_of(copy)), (photo_of(record),))
    executor = shop(tmp_path)
    assert codes(archive(executor, [target])) == []
    assert not copy.exists()
    assert [found.error for found in restore(executor)] == [None]
    assert sha256_of(copy) == sha256_of(kept)


def test_half_a_line_that_a_crash_left_is_cut_off(tmp_path: Path) -> None:
    kept, copy = photo(tmp_path / "a.jpg"), photo(tmp_path / "b.jpg")
    executor = shop(tmp_path)
    archive(executor, target_of(copy, kept))
    journal = tmp_path / "archives" / ARCHIVE_ID / "journal.jsonl"
    with journal.open("ab") as file:
        file.write(b'{"step":"beg')
    history: Any = executor.recover(ARCHIVE_ID)
    assert [found.state for found in history.moves.values()] == ["archived"]
    assert [found.error for found in restore(executor)] == [None]


def test_two_replicas_asked_for_each_others_copies_leave_one(tmp_path: Path) -> None:
    for number in range(10):
        one, other = (photo(tmp_path / f"{number}/{name}.jpg", str(number).encode()) for name in "ab")
        shops = {}
        for archive_id in ("x", "y"):
            # Two of them do not share a lock in memory, only the one in their folder.
            shops[archive_id] = shop(tmp_path)
            shops[archive_id].root.mkdir(exist_ok=True)
            first = Opened(kind="exact", collection="photos", generation=None)
            shops[archive_id].journal(f"{number}{archive_id}").begin(first)
        requests_of = {"x": target_of(one, other), "y": target_of(other, one)}
        with ThreadPoolExecutor(2) as threads:
            both = [
                threads.submit(shops[each].archive, f"{number}{each}", requests_of[each], DUPLICATES)
                for each in requests_of
            ]
        results = [each.result() for each in both]
        assert sorted(len(result.archived) for result in results) == [0, 1]
        assert one.exists() != other.exists()
