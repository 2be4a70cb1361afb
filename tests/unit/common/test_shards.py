import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from libs.common.errors import Code, FileError, SluiceError
from libs.common.settings import FilesSettings
from libs.common.sources.entries import Entry, Found, Ignored, Rejected
from libs.common.sources.resolving import resolve_source
from libs.common.sources.roots import ANYWHERE, Roots
from libs.common.sources.shards.names import shards
from libs.common.sources.source import Listing, Part
from libs.common.sources.sources import Sources


def shard(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def listed(pattern: Path | str, roots: Roots = ANYWHERE) -> list[Entry]:
    return list(Sources(roots).list(os.fsencode(pattern), Listing()))


def names(entries: list[Entry], kind: type[Entry]) -> list[str]:
    return [each.path.decode().rpartition("!/")[2] for each in entries if isinstance(each, kind)]


SAMPLE = {
    "./0001.jpg": b"photo one",
    "./0001.json": json.dumps({"width": 640, "license": "CC0", "none": None}).encode(),
    "./0001.txt": b" a red tower \n",
    "sub/0002.txt": b"a caption before its picture",
    "sub/0002.png": b"photo two",
    "sub/0003.jpg": b"photo three",
    "sub/0003.cls": b"7",
}


def test_members_are_listed_with_the_json_and_the_text_of_their_sample(tmp_path: Path) -> None:
    path = shard(tmp_path / "a.tar", SAMPLE)
    entries = listed(path)
    found = [each for each in entries if isinstance(each, Found)]
    assert names(entries, Found) == ["0001.jpg", "sub/0002.png", "sub/0003.jpg"]
    assert found[0].extra.meta == {"width": 640, "license": "CC0"}
    assert [each.extra.caption for each in found] == ["a red tower", "a caption before its picture", None]
    assert names(entries, Ignored) == ["0001.json", "0001.txt", "sub/0002.txt"]
    assert names(entries, Rejected) == ["sub/0003.cls"]


def test_a_member_is_opened_by_its_place_or_by_its_name(tmp_path: Path) -> None:
    path = shard(tmp_path / "a.tar", SAMPLE)
    for entry in listed(path):
        if isinstance(entry, Found):
            source = Sources(Roots((bytes(tmp_path),))).of(entry.path)
            with (
                source.open(entry.path, part=Part(entry.extra.offset or 0, entry.size)) as by_place,
                source.open(entry.path) as by_name,
            ):
                read = os.pread(by_place.descriptor, 100, 0)
                assert read == os.pread(by_name.descriptor, 100, 0) == SAMPLE[key_of(entry)]
                assert by_place.identity == source.stat(entry.path)
                assert (by_place.identity.size, by_place.identity.mtime_ns) == (entry.size, entry.mtime_ns)


def key_of(entry: Found) -> str:
    name = entry.path.decode().rpartition("!/")[2]
    return name if name in SAMPLE else f"./{name}"


def test_a_member_that_is_not_there_has_vanished(tmp_path: Path) -> None:
    path = bytes(shard(tmp_path / "a.tar", SAMPLE)) + b"!/none.jpg"
    with pytest.raises(FileError) as failed:
        Sources(ANYWHERE).of(path).open(path)
    assert failed.value.code is Code.FILE_VANISHED


def test_many_shards_are_one_listing_and_a_broken_one_costs_itself(tmp_path: Path) -> None:
    for number in (8, 9, 11):
        shard(tmp_path / f"s-{number:03}.tar", {f"{number}.jpg": b"x"})
    whole = shard(tmp_path / "s-010.tar", {"10.jpg": b"x" * 5000, "lost.jpg": b"x" * 5000}).read_bytes()
    (tmp_path / "s-010.tar").write_bytes(whole[:7000])
    entries = listed(tmp_path / "s-{008..012}.tar")
    assert names(entries, Found)[:2] == ["8.jpg", "9.jpg"]
    assert names(entries, Found)[-1] == "11.jpg"
    failed = {
        Path(os.fsdecode(each.path)).name: each.error.code for each in entries if isinstance(each, Rejected)
    }
    assert failed == {"s-010.tar": Code.MANIFEST_ROW, "s-012.tar": Code.FILE_VANISHED}


def test_what_is_no_tar_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"no tar at all" * 100)
    (entry,) = listed(tmp_path / "a.tar")
    assert isinstance(entry, Rejected)
    assert entry.error.code is Code.MANIFEST_ROW


def test_json_that_is_none_is_a_failure_of_its_own(tmp_path: Path) -> None:
    entries = listed(shard(tmp_path / "a.tar", {"1.jpg": b"x", "1.json": b"{broken"}))
    assert names(entries, Found) == ["1.jpg"]
    assert names(entries, Rejected) == ["1.json"]


@pytest.mark.parametrize(
    ("pattern", "names_"),
    [
        (b"a.tar", [b"a.tar"]),
        (b"{0..2}.tar", [b"0.tar", b"1.tar", b"2.tar"]),
        (b"{09..11}.tar", [b"09.tar", b"10.tar", b"11.tar"]),
        (b"{0..1}/{0..1}.tar", [b"0/0.tar", b"0/1.tar", b"1/0.tar", b"1/1.tar"]),
        (b"{3..1}.tar", []),
    ],
)
def test_ranges_in_braces_name_many(pattern: bytes, names_: list[bytes]) -> None:
    assert list(shards(pattern)) == names_


def test_a_pattern_is_taken_if_its_first_shard_is_there(tmp_path: Path) -> None:
    shard(tmp_path / "s-00.tar", {"1.jpg": b"x"})
    settings = FilesSettings(scan_roots=(str(tmp_path),))
    pattern = f"{tmp_path}/s-{{00..05}}.tar"
    assert resolve_source(pattern, settings) == pattern.encode()
    for missing in (f"{tmp_path}/t-{{00..05}}.tar", f"{tmp_path}/s-{{5..0}}.tar"):
        with pytest.raises(SluiceError) as refused:
            resolve_source(missing, settings)
        assert refused.value.code is Code.DIRECTORY_NOT_FOUND
