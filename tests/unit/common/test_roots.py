from pathlib import Path

import pytest

from libs.common.errors import Code, SluiceError
from libs.common.settings import FilesSettings
from libs.common.sources.roots import is_loopback, resolve_path, translate


def files(**values: object) -> FilesSettings:
    return FilesSettings(**{"host": "0.0.0.0", "upload_dir": Path("/nowhere/uploads")} | values)  # type: ignore[arg-type]


def code_of(path: str, settings: FilesSettings) -> Code:
    with pytest.raises(SluiceError) as refusal:
        resolve_path(path, settings)
    return refusal.value.code


def test_a_folder_inside_a_root_is_resolved(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()

    assert resolve_path(str(photos), files(scan_roots=(tmp_path,))) == photos.resolve()


def test_a_single_file_is_a_source_too(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"x")

    assert resolve_path(str(photo), files(scan_roots=(tmp_path,))) == photo.resolve()


def test_a_link_out_of_the_root_is_refused(tmp_path: Path) -> None:
    root, secret = tmp_path / "root", tmp_path / "secret"
    root.mkdir()
    secret.mkdir()
    (root / "link").symlink_to(secret)

    assert code_of(str(root / "link"), files(scan_roots=(root,))) is Code.OUTSIDE_ROOTS


def test_dots_do_not_lead_out_of_the_root(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()

    assert code_of(f"{tmp_path}/root/..", files(scan_roots=(tmp_path / "root",))) is Code.OUTSIDE_ROOTS


def test_a_root_that_is_a_link_itself_holds_its_folders(tmp_path: Path) -> None:
    (tmp_path / "real" / "photos").mkdir(parents=True)
    (tmp_path / "root").symlink_to(tmp_path / "real")

    found = resolve_path(f"{tmp_path}/root/photos", files(scan_roots=(tmp_path / "root",)))

    assert found == (tmp_path / "real" / "photos").resolve()


def test_a_sibling_whose_name_begins_like_the_root_is_outside(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos2").mkdir()

    assert code_of(f"{tmp_path}/photos2", files(scan_roots=(tmp_path / "photos",))) is Code.OUTSIDE_ROOTS


def test_nobody_learns_what_exists_outside_the_roots(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").mkdir()
    (tmp_path / "root" / "loop").symlink_to(tmp_path / "root" / "loop")
    settings = files(scan_roots=(root,))

    def answer(path: str) -> str:
        with pytest.raises(SluiceError) as refusal:
            resolve_path(path, settings)
        return refusal.value.detail.replace(path, "it")

    there, not_there = answer(f"{tmp_path}/secret"), answer(f"{tmp_path}/nothing")
    assert there == not_there == answer(f"{root}/../nothing")
    assert code_of(f"{root}/nothing", settings) is Code.DIRECTORY_NOT_FOUND
    assert code_of(f"{root}/loop", settings) is Code.DIRECTORY_NOT_FOUND
    assert code_of("relative", settings) is Code.DIRECTORY_NOT_FOUND


@pytest.mark.parametrize("path", ["relative/folder", "", "/not/there", "/nul\0byte", "/lone\ud800surrogate"])
def test_what_is_not_there_is_not_found(path: str) -> None:
    assert code_of(path, files(host="127.0.0.1")) is Code.DIRECTORY_NOT_FOUND


def test_a_loop_of_links_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")

    assert code_of(f"{tmp_path}/a", files(host="127.0.0.1")) is Code.DIRECTORY_NOT_FOUND


def test_without_roots_everything_is_open_on_loopback_only(tmp_path: Path) -> None:
    assert resolve_path(str(tmp_path), files(host="127.0.0.1")) == tmp_path.resolve()
    assert code_of(str(tmp_path), files(host="192.0.2.1")) is Code.OUTSIDE_ROOTS


def test_uploads_are_always_a_root(tmp_path: Path) -> None:
    assert resolve_path(str(tmp_path), files(upload_dir=tmp_path)) == tmp_path.resolve()


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("C:/Users/Eva/Pictures", "/mnt/c/Users/Eva/Pictures"),
        ("c:\\Users\\Eva", "/mnt/c/Users/Eva"),
        ("D:/Photos/2024", "/photos/2024"),
        ("D:/Other", "/mnt/d/Other"),
        ("/srv/back\\slash", "/srv/back\\slash"),
        ("//nas/share", "/nas"),
        ("//nas/shared", "//nas/shared"),
    ],
)
def test_paths_are_translated_by_their_longest_prefix(path: str, ours: str) -> None:
    path_map = (("C:/", "/mnt/c/"), ("D:/", "/mnt/d/"), ("D:/Photos", "/photos"), ("//nas/share", "/nas"))

    assert translate(path, path_map) == ours


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "gateway", "10.0.0.1"])
def test_what_others_reach_is_no_loopback(host: str) -> None:
    assert not is_loopback(host)
