import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.errors import Code
from libs.common.sources import already_stored
from libs.common.sources.entries import Alias, Entry, Found, Ignored, Rejected
from libs.common.sources.files.source import FileSource
from libs.common.sources.roots import ANYWHERE, Roots
from libs.common.sources.source import Listing
from services.scanner.listing.inventory import with_stored_before
from services.scanner.settings import ScannerSettings
from sluice.files.formats import accepted_suffixes
from sluice.files.passed_over import ARCHIVE_FOLDERS, NAMES, PassedOver
from sluice.files.rules import BIN, HIDDEN, SIDECAR, SYSTEM_FILE


def entries_of(root: Path, *, recursive: bool = True, inside: Path | None = None) -> list[Entry]:
    source = FileSource(Roots((os.fsencode(inside or root),)))
    return list(source.list(os.fsencode(root), Listing(recursive=recursive)))


def found_in(root: Path, *, recursive: bool = True) -> list[str]:
    paths = [entry.path for entry in entries_of(root, recursive=recursive) if isinstance(entry, Found)]
    return [os.fsdecode(os.path.relpath(path, os.fsencode(root))) for path in paths]


def aliases_in(root: Path) -> dict[str, str]:
    aliases = [entry for entry in entries_of(root) if isinstance(entry, Alias)]
    return {
        os.path.relpath(os.fsdecode(e.path), root): os.path.relpath(os.fsdecode(e.of), root) for e in aliases
    }


def codes_in(root: Path, inside: Path | None = None) -> dict[str, Code]:
    rejected = [entry for entry in entries_of(root, inside=inside) if isinstance(entry, Rejected)]
    return {Path(os.fsdecode(entry.path)).name: entry.error.code for entry in rejected}


def write(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_gifs_are_found_only_where_they_are_accepted(tmp_path: Path) -> None:
    write(tmp_path / "a.GIF")
    assert codes_in(tmp_path) == {"a.GIF": Code.UNSUPPORTED_TYPE}
    listing = FileSource(ANYWHERE).list(bytes(tmp_path), Listing(suffixes=accepted_suffixes(gif=True)))
    assert [type(entry) for entry in listing] == [Found]


def test_finds_pictures_in_all_folders_those_of_a_folder_before_those_below(tmp_path: Path) -> None:
    for name in ("b/2.jpg", "b/c/3.PNG", "1.jpeg", "a/0.dng"):
        write(tmp_path / name)
    assert found_in(tmp_path) == ["1.jpeg", "a/0.dng", "b/2.jpg", "b/c/3.PNG"]


def test_found_has_the_size_and_times_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jpg", b"12345")
    stat = path.stat()
    assert entries_of(tmp_path) == [Found(os.fsencode(path), 5, stat.st_mtime_ns, stat.st_ctime_ns)]


def test_not_recursive_lists_the_top_folder_only(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg")
    write(tmp_path / "sub" / "b.jpg")
    assert found_in(tmp_path, recursive=False) == ["a.jpg"]


def test_one_file_is_a_listing_of_one(tmp_path: Path) -> None:
    assert [type(entry) for entry in entries_of(write(tmp_path / "a.jpg"))] == [Found]


def test_other_files_fail_in_the_words_that_clients_know(tmp_path: Path) -> None:
    write(tmp_path / "notes.txt")
    (entry,) = entries_of(tmp_path)
    assert isinstance(entry, Rejected)
    assert (entry.error.code, entry.error.detail, entry.details) == (
        Code.UNSUPPORTED_TYPE,
        "Skipped non-image file",
        "File type not supported",
    )


def test_hidden_files_sidecars_and_archive_folders_are_ignored_and_counted(tmp_path: Path) -> None:
    write(tmp_path / ".hidden.jpg")
    write(tmp_path / ".folder" / "a.jpg")
    write(tmp_path / "a.xmp")
    for folder in ARCHIVE_FOLDERS:
        write(tmp_path / os.fsdecode(folder) / "a.jpg")
    entries = entries_of(tmp_path)
    assert len(entries) == 3 + len(ARCHIVE_FOLDERS)
    assert all(isinstance(entry, Ignored) for entry in entries)


@pytest.mark.parametrize("name", NAMES)
def test_bins_and_system_folders_are_passed_over_at_any_depth_in_any_case(tmp_path: Path, name: str) -> None:
    for folder in (name.replace("*", "-0"), name.replace("*", "").swapcase()):
        write(tmp_path / "nas" / "2019" / folder / "deep" / "a.jpg")
    write(tmp_path / "nas" / "2019" / "b.jpg")

    assert found_in(tmp_path) == ["nas/2019/b.jpg"]
    assert entries_of(tmp_path / "nas" / "2019" / folder) == [
        Ignored(os.fsencode(tmp_path / "nas" / "2019" / folder))
    ]


def test_folders_of_the_service_itself_are_passed_over_wherever_they_lie(tmp_path: Path) -> None:
    write(tmp_path / "photos" / "mine" / "a.jpg")
    write(tmp_path / "photos" / "b.jpg")
    (tmp_path / "photos" / "link").symlink_to(tmp_path / "photos" / "mine")
    requested = Listing(passed_over=PassedOver.of(own=[tmp_path / "photos" / "mine"]))

    entries = list(FileSource(ANYWHERE).list(os.fsencode(tmp_path), requested))
    assert [entry.path for entry in entries if isinstance(entry, Found)] == [
        os.fsencode(tmp_path / "photos" / "b.jpg")
    ]
    assert len(entries) == 1


def test_a_link_to_a_file_that_is_listed_is_an_alias_of_it_whichever_comes_first(tmp_path: Path) -> None:
    write(tmp_path / "album" / "a.jpg")
    for folder in ("aaa", "best"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "link.jpg").symlink_to(tmp_path / "album" / "a.jpg")

    assert found_in(tmp_path) == ["album/a.jpg"]
    assert aliases_in(tmp_path) == {"aaa/link.jpg": "album/a.jpg", "best/link.jpg": "album/a.jpg"}


def test_links_to_a_file_elsewhere_are_one_file_and_aliases_of_it(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "a.jpg")
    (tmp_path / "root").mkdir()
    for number in range(143):
        (tmp_path / "root" / f"{number:03}.jpg").symlink_to(tmp_path / "elsewhere" / "a.jpg")

    entries = entries_of(tmp_path / "root", inside=tmp_path)

    (found,) = [entry for entry in entries if isinstance(entry, Found)]
    assert (found.path, found.target) == (
        os.fsencode(tmp_path / "root" / "000.jpg"), os.fsencode(tmp_path / "elsewhere" / "a.jpg"),
    )  # fmt: skip
    aliases = [entry for entry in entries if isinstance(entry, Alias)]
    assert len(aliases) == 142
    assert {entry.of for entry in aliases} == {found.path}


def test_a_link_to_a_hidden_file_is_stored_under_its_own_path(tmp_path: Path) -> None:
    write(tmp_path / ".git" / "annex" / "objects" / "k.jpg")
    (tmp_path / "a.jpg").symlink_to(tmp_path / ".git" / "annex" / "objects" / "k.jpg")

    assert found_in(tmp_path) == ["a.jpg"]


def test_hard_links_are_listed_each(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg")
    os.link(tmp_path / "a.jpg", tmp_path / "b.jpg")

    assert found_in(tmp_path) == ["a.jpg", "b.jpg"]
    assert aliases_in(tmp_path) == {}


def test_a_file_in_a_linked_folder_tells_where_it_really_is(tmp_path: Path) -> None:
    write(tmp_path / "other" / "sub" / "x.jpg")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path / "other")

    (found,) = entries_of(tmp_path / "root", inside=tmp_path)
    assert isinstance(found, Found)
    assert found.target == os.fsencode(tmp_path / "other" / "sub" / "x.jpg")


def excluded_in(root: Path, *exclude: str) -> dict[str, str]:
    entries = FileSource(ANYWHERE).list(bytes(root), Listing(exclude=exclude))
    ignored = [entry for entry in entries if isinstance(entry, Ignored)]
    return {
        os.fsdecode(os.path.relpath(entry.path, bytes(root))): entry.rule.partition(":")[0]
        for entry in ignored
    }


def test_what_is_ignored_says_which_rule_and_which_pattern_did_it(tmp_path: Path) -> None:
    for name in (
        ".hidden.jpg",
        "a.xmp",
        "Thumbs.db",
        "x.png",
        ".git/a.jpg",
        "lost+found/a.jpg",
        "n/.nomedia",
    ):
        write(tmp_path / name)
    entries = FileSource(ANYWHERE).list(bytes(tmp_path), Listing(exclude=("# mine", "*.png")))
    rules = {
        os.fsdecode(each.path).rpartition("/")[2]: each.rule for each in entries if isinstance(each, Ignored)
    }
    assert rules == {
        ".hidden.jpg": HIDDEN, "a.xmp": SIDECAR, "Thumbs.db": SYSTEM_FILE, "x.png": "exclude: *.png",
        ".git": HIDDEN, "lost+found": BIN, "n": ".nomedia",
    }  # fmt: skip


def test_patterns_of_a_request_exclude_files_and_whole_folders(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png", "private/b.jpg", "c/private/d.jpg", "c/keep.png", "c/e.jpg"):
        write(tmp_path / name)
    found = excluded_in(tmp_path, "*.png", "!keep.png", "/private/", "c/e.*")
    assert found == {"a.png": "exclude", "private": "exclude", "c/e.jpg": "exclude"}


def test_a_file_of_patterns_holds_in_its_folder_and_below_and_wins_over_those_above(tmp_path: Path) -> None:
    write(tmp_path / ".sluiceignore", b"*.png\n# a comment\n\n")
    write(tmp_path / "a" / ".sluiceignore", b"!b.png\n/x.jpg\n")
    for name in ("1.png", "a/b.png", "a/2.png", "a/x.jpg", "a/c/x.jpg", "b/3.png"):
        write(tmp_path / name)
    found = {path for path, rule in excluded_in(tmp_path).items() if rule == ".sluiceignore"}
    assert found == {"1.png", "a/2.png", "a/x.jpg", "b/3.png"}


def test_a_folder_that_is_not_for_galleries_is_not_entered(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg")
    write(tmp_path / "app" / "cache" / "b.jpg")
    write(tmp_path / "app" / ".nomedia")
    assert found_in(tmp_path) == ["a.jpg"]
    assert excluded_in(tmp_path) == {"app": ".nomedia"}


def test_a_pattern_that_is_none_excludes_nothing(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg")
    write(tmp_path / "b.jpg")
    assert excluded_in(tmp_path, "!", "b*") == {"b.jpg": "exclude"}


def test_a_pipe_named_like_a_picture_is_not_a_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert codes_in(tmp_path) == {"pipe.jpg": Code.NOT_A_REGULAR_FILE}


def test_a_link_back_to_its_own_folder_ends(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    assert found_in(tmp_path) == ["a.jpg"]


def test_links_that_point_at_each_other_are_failed_files(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to(tmp_path / "b.jpg")
    (tmp_path / "b.jpg").symlink_to(tmp_path / "a.jpg")
    assert set(codes_in(tmp_path)) == {"a.jpg", "b.jpg"}


def test_a_folder_linked_from_beside_it_is_listed_once_by_its_real_path(tmp_path: Path) -> None:
    write(tmp_path / "real" / "x.jpg")
    (tmp_path / "a-link").symlink_to(tmp_path / "real")
    assert found_in(tmp_path) == ["real/x.jpg"]


def test_a_linked_folder_elsewhere_inside_the_roots_is_listed_under_the_link(tmp_path: Path) -> None:
    write(tmp_path / "other" / "x.jpg")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path / "other")
    entries = entries_of(tmp_path / "root", inside=tmp_path)
    assert [entry.path for entry in entries] == [os.fsencode(tmp_path / "root" / "link" / "x.jpg")]


def test_links_that_leave_the_roots_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "outside" / "x.jpg")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "file.jpg").symlink_to(tmp_path / "outside" / "x.jpg")
    (tmp_path / "root" / "folder").symlink_to(tmp_path / "outside")
    assert codes_in(tmp_path / "root") == {"file.jpg": Code.OUTSIDE_ROOTS, "folder": Code.OUTSIDE_ROOTS}


def test_an_archive_folder_is_not_entered_through_a_link_either(tmp_path: Path) -> None:
    archive = tmp_path / os.fsdecode(min(ARCHIVE_FOLDERS))
    write(archive / "x.jpg")
    (tmp_path / "innocent").symlink_to(archive)
    assert [type(entry) for entry in entries_of(tmp_path)] == [Ignored, Ignored]


def test_a_dangling_link_is_a_file_that_vanished(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    assert codes_in(tmp_path) == {"gone.jpg": Code.FILE_VANISHED}


def test_a_root_that_vanished_is_one_failed_entry(tmp_path: Path) -> None:
    (entry,) = entries_of(tmp_path / "gone")
    assert isinstance(entry, Rejected)
    assert entry.error.code is Code.FILE_VANISHED


def test_a_file_that_vanishes_after_its_folder_was_read_is_a_failed_file(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        write(tmp_path / name)
    listing = FileSource(ANYWHERE).list(os.fsencode(tmp_path), Listing())
    assert isinstance(next(listing), Found)
    (tmp_path / "b.jpg").unlink()
    (gone,) = list(listing)
    assert isinstance(gone, Rejected)
    assert gone.error.code is Code.FILE_VANISHED


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_an_unreadable_folder_is_one_failed_entry_and_the_rest_goes_on(tmp_path: Path) -> None:
    write(tmp_path / "closed" / "a.jpg")
    write(tmp_path / "open" / "b.jpg")
    (tmp_path / "closed").chmod(0)
    try:
        assert codes_in(tmp_path) == {"closed": Code.PERMISSION_DENIED}
        assert found_in(tmp_path) == ["open/b.jpg"]
    finally:
        (tmp_path / "closed").chmod(0o700)


file_names = st.binary(min_size=1, max_size=40).filter(
    lambda name: b"/" not in name and b"\0" not in name and name not in (b".", b"..")
)


@settings(max_examples=60)
@given(names=st.sets(file_names, max_size=8), suffix=st.sampled_from([b"", b".jpg", b".txt"]))
def test_every_file_has_one_entry_whatever_its_name(names: set[bytes], suffix: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = os.fsencode(folder)
        paths = {root + b"/" + name + suffix for name in names}
        for path in paths:
            Path(os.fsdecode(path)).touch()
        listed = [entry.path for entry in FileSource(ANYWHERE).list(root, Listing())]
        assert sorted(listed) == sorted(paths)


def only_in(root: Path, *paths: str, exclude: tuple[str, ...] = ()) -> dict[str, str]:
    requested = Listing(only=tuple(bytes(root / path) for path in paths), exclude=exclude)
    entries = FileSource(ANYWHERE).list(bytes(root), requested)
    return {os.fsdecode(os.path.relpath(each.path, bytes(root))): type(each).__name__ for each in entries}


def test_just_the_paths_that_are_asked_for_are_listed(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "x/c.jpg", "x/d.jpg", "x/y/e.jpg", "x/y/f/g.jpg", "z/h.jpg"):
        write(tmp_path / name)
    assert only_in(tmp_path, "b.jpg", "x/d.jpg", "x/y", "x/y/e.jpg", "gone.jpg", "gone/too.jpg") == {
        "b.jpg": "Found", "x/d.jpg": "Found", "x/y/e.jpg": "Found", "x/y/f/g.jpg": "Found",
    }  # fmt: skip


def test_what_is_passed_over_stays_so_where_it_is_asked_for(tmp_path: Path) -> None:
    for name in (".hidden/a.jpg", "n/.nomedia", "n/b.jpg", "c.png", "d/e.png", "d/f.jpg", "own/g.jpg"):
        write(tmp_path / name)
    write(tmp_path / "d/.sluiceignore", b"f.*\n")
    found = only_in(tmp_path, ".hidden/a.jpg", "n/b.jpg", "c.png", "d/f.jpg", exclude=("*.png",))
    assert found == {".hidden": "Ignored", "n": "Ignored", "c.png": "Ignored", "d/f.jpg": "Ignored"}


def test_a_link_to_a_file_of_the_root_is_an_alias_where_just_the_link_is_listed(tmp_path: Path) -> None:
    write(tmp_path / "album" / "a.jpg")
    (tmp_path / "best").mkdir()
    (tmp_path / "best" / "link.jpg").symlink_to(tmp_path / "album" / "a.jpg")
    assert only_in(tmp_path, "best/link.jpg") == {"best/link.jpg": "Alias"}


def test_the_list_of_what_was_stored_before_is_no_file_that_is_passed_over(tmp_path: Path) -> None:
    upload = write(tmp_path / "uploads" / "u1" / "a.jpg").parent
    write(upload / ".hidden.jpg")
    already_stored.write(upload, [("b.jpg", "1")])
    named = ScannerSettings(data_dir=tmp_path, upload_dir=upload.parent)
    entries = [*with_stored_before(bytes(upload), iter(entries_of(upload)), named)]
    assert sorted(type(entry).__name__ for entry in entries) == ["AlreadyStored", "Found", "Ignored"]
    elsewhere = ScannerSettings(data_dir=tmp_path, upload_dir=tmp_path / "other")
    assert len([*with_stored_before(bytes(upload), iter(entries_of(upload)), elsewhere)]) == 3
