"""Buckets as a source, on a real S3 server."""

import asyncio
import os
import tracemalloc

import pytest

from libs.common.errors import Code, FileError, SluiceError
from libs.common.settings import FilesSettings
from libs.common.sources.entries import Entry, Found, Ignored, Rejected
from libs.common.sources.remote import Remote
from libs.common.sources.resolving import resolve_source
from libs.common.sources.roots import ANYWHERE, Roots
from libs.common.sources.source import Listing
from libs.common.sources.sources import Sources
from tests.support.s3 import S3, Bucket, silent_server

QUICK = 0.6
"""Seconds: the limit for what never answers."""


def sources(s3: S3 | str, roots: Roots = ANYWHERE, **fields: object) -> Sources:
    endpoint = s3 if isinstance(s3, str) else s3.endpoint
    return Sources(roots, Remote(endpoint, **fields))  # type: ignore[arg-type]


def listed(s3: S3, uri: str, **requested: object) -> list[Entry]:
    path = uri.encode()
    return list(sources(s3).of(path).list(path, Listing(**requested)))  # type: ignore[arg-type]


def names(bucket: Bucket, entries: list[Entry], kind: type[Entry]) -> list[str]:
    return [each.path.decode().removeprefix(bucket.uri + "/") for each in entries if isinstance(each, kind)]


def test_objects_are_listed_with_what_tells_that_they_have_not_changed(s3: S3) -> None:
    bucket = s3.bucket()
    bucket.put({"2019/ü b.jpg": b"12", "2019/a+b%20c.jpg": b"1", "notes.txt": b"n", "2020/c.JPG": b"123"})
    entries = listed(s3, bucket.uri)
    found = [each for each in entries if isinstance(each, Found)]
    assert names(bucket, entries, Found) == ["2019/a+b%20c.jpg", "2019/ü b.jpg", "2020/c.JPG"]
    assert [each.size for each in found] == [1, 2, 3]
    assert all(each.etag and '"' not in each.etag for each in found)
    assert len({each.etag for each in found}) == 3
    (rejected,) = (each for each in entries if isinstance(each, Rejected))
    assert rejected.error.code is Code.UNSUPPORTED_TYPE


def test_a_prefix_and_one_object_are_listed_alone(s3: S3) -> None:
    bucket = s3.bucket()
    bucket.put({"2019/a.jpg": b"1", "2019b/b.jpg": b"1", "c.jpg": b"1", "2019/deep/d.jpg": b"1"})
    assert names(bucket, listed(s3, f"{bucket.uri}/2019"), Found) == ["2019/a.jpg", "2019/deep/d.jpg"]
    assert names(bucket, listed(s3, f"{bucket.uri}/c.jpg"), Found) == ["c.jpg"]
    assert names(bucket, listed(s3, f"{bucket.uri}/2019", recursive=False), Found) == ["2019/a.jpg"]
    only = (f"{bucket.uri}/c.jpg".encode(), f"{bucket.uri}/2019/deep".encode())
    assert names(bucket, listed(s3, bucket.uri, only=only), Found) == ["2019/deep/d.jpg", "c.jpg"]


def test_a_key_that_cannot_be_named_costs_its_folder_alone(s3: S3) -> None:
    bucket = s3.bucket()
    bucket.put({"a/.nomedia": b"", "a/b.jpg": b"1", "b.jpg": b"1", "dbl/a.jpg": b"1", "z/deep/y.jpg": b"1"})
    bucket.put_raw("dbl//x.jpg")
    entries = listed(s3, bucket.uri)
    assert sorted(names(bucket, entries, Found)) == ["b.jpg", "z/deep/y.jpg"]
    assert names(bucket, entries, Ignored) == ["a"]
    (rejected,) = (each for each in entries if isinstance(each, Rejected))
    assert (rejected.path.decode(), rejected.error.code) == (f"{bucket.uri}/dbl", Code.NOT_A_REGULAR_FILE)


def test_what_is_passed_over_in_folders_is_in_buckets_too(s3: S3) -> None:
    bucket = s3.bucket()
    bucket.put(
        {
            # `!` and `-` come before the dot of the marks.
            "x/!first.jpg": b"1",
            "x/-sub/a.jpg": b"1",
            "x/.nomedia": b"",
            "y/!drop.jpg": b"1",
            "y/.sluiceignore": b"*drop*\nsub/\n",
            "y/keep.jpg": b"1",
            "y/sub/z.jpg": b"1",
            "y/zdrop.jpg": b"1",
            "z/.hidden/a.jpg": b"1",
            "z/@eaDir/a.jpg": b"1",
            "z/a.png": b"1",
        }
    )
    entries = listed(s3, bucket.uri, exclude=("*.png",))
    assert names(bucket, entries, Found) == ["y/keep.jpg"]
    rules = {
        each.path.decode().removeprefix(bucket.uri): each.rule
        for each in entries
        if isinstance(each, Ignored)
    }
    assert rules["/x"] == ".nomedia"
    assert rules["/y/!drop.jpg"] == rules["/y/zdrop.jpg"] == ".sluiceignore: *drop*"
    assert rules["/y/sub"] == ".sluiceignore: sub/"
    assert rules["/z/a.png"] == "exclude: *.png"
    assert {"/z/.hidden", "/z/@eaDir"} <= rules.keys()


def test_an_object_is_opened_as_a_file_with_its_identity(s3: S3) -> None:
    bucket = s3.bucket()
    bucket.put({"a/ü b.jpg": b"photo"})
    (entry,) = listed(s3, bucket.uri)
    assert isinstance(entry, Found)
    with sources(s3).of(entry.path).open(entry.path) as file:
        assert os.pread(file.descriptor, 100, 0) == b"photo"
        assert (file.identity.size, file.identity.etag) == (entry.size, entry.etag)
        assert file.now() == file.identity
    assert sources(s3).of(entry.path).stat(entry.path).etag == entry.etag


def test_a_large_object_comes_in_pieces(s3: S3) -> None:
    bucket = s3.bucket()
    data = os.urandom(1 << 20) * 34
    bucket.put({"a.dng": data})
    path = f"{bucket.uri}/a.dng".encode()
    with sources(s3).of(path).open(path) as file:
        assert os.pread(file.descriptor, len(data) + 1, 0) == data


def test_an_object_that_changes_between_list_and_get_is_read_as_it_is_now(s3: S3) -> None:
    bucket = s3.bucket()
    bucket.put({"a.jpg": b"before"})
    (entry,) = listed(s3, bucket.uri)
    bucket.put({"a.jpg": b"after!!"})
    assert isinstance(entry, Found)
    with sources(s3).of(entry.path).open(entry.path) as file:
        assert os.pread(file.descriptor, 100, 0) == b"after!!"
        assert file.identity.size == 7
        assert file.identity.etag != entry.etag


@pytest.mark.parametrize(
    ("key", "code"), [("gone.jpg", Code.FILE_VANISHED), ("a//b.jpg", Code.NOT_A_REGULAR_FILE)]
)
def test_an_object_that_cannot_be_read_says_why(s3: S3, key: str, code: Code) -> None:
    path = f"{s3.bucket().uri}/{key}".encode()
    with pytest.raises(FileError) as failed:
        sources(s3).of(path).open(path)
    assert failed.value.code is code


def test_a_bucket_that_is_gone_is_named(s3: S3) -> None:
    bucket = s3.bucket()
    bucket.put({"a.jpg": b"1"})
    path = f"{bucket.uri}/a.jpg".encode()
    bucket.drop()
    with pytest.raises(FileError) as failed:
        sources(s3).of(path).open(path)
    assert failed.value.code is Code.SOURCE_GONE
    assert bucket.name in failed.value.detail
    (entry,) = listed(s3, bucket.uri)
    assert isinstance(entry, Rejected)
    assert entry.error.code is Code.SOURCE_GONE


def test_a_wrong_key_is_refused_with_the_way_out_and_without_the_key(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = s3.bucket()
    bucket.put({"a.jpg": b"1"})
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAWRONG")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    path = f"{bucket.uri}/a.jpg".encode()
    with s3.refusing():
        with pytest.raises(FileError) as failed:
            sources(s3).of(path).open(path)
        (entry,) = listed(s3, bucket.uri)
        with pytest.raises(SluiceError) as refused:
            resolve_source(bucket.uri, FilesSettings(s3_endpoint_url=s3.endpoint))
    assert isinstance(entry, Rejected)
    for error in (failed.value, entry.error, refused.value):
        assert error.code is Code.SOURCE_DENIED
        assert "AWS_ACCESS_KEY_ID" in error.detail
        assert "AKIAWRONG" not in error.detail
        assert error.__cause__ is None


def test_an_object_that_is_too_large_is_not_fetched(s3: S3) -> None:
    bucket = s3.bucket()
    bucket.put({"a.jpg": b"12345"})
    path = f"{bucket.uri}/a.jpg".encode()
    with pytest.raises(FileError) as failed:
        sources(s3, most_bytes=4).of(path).open(path)
    assert failed.value.code is Code.TOO_LARGE


async def test_a_store_that_never_answers_is_given_up(s3: S3) -> None:
    del s3  # its keys alone
    async with silent_server() as endpoint, asyncio.timeout(60):
        silent = sources(endpoint, seconds=QUICK).of(b"s3://b/a.jpg")
        with pytest.raises(FileError) as failed:
            await asyncio.to_thread(silent.open, b"s3://b/a.jpg")
        entries = await asyncio.to_thread(lambda: list(silent.list(b"s3://b", Listing())))
    assert failed.value.code is Code.READ_FAILED
    assert failed.value.detail == "The store of b does not answer, or fails: retry, or check its endpoint"
    (entry,) = entries
    assert isinstance(entry, Rejected)
    assert entry.error.code is Code.READ_FAILED


def test_only_what_scan_roots_names_is_read(s3: S3) -> None:
    bucket = s3.bucket()
    bucket.put({"in/a.jpg": b"1", "out/a.jpg": b"1"})
    settings = FilesSettings(scan_roots=(f"{bucket.uri}/in/",), s3_endpoint_url=s3.endpoint)
    assert resolve_source(f"{bucket.uri}/in/", settings) == f"{bucket.uri}/in".encode()
    for uri in (f"{bucket.uri}/out", bucket.uri, f"{bucket.uri}/in/../out"):
        with pytest.raises(SluiceError) as refused:
            resolve_source(uri, settings)
        assert refused.value.code in (Code.OUTSIDE_ROOTS, Code.DIRECTORY_NOT_FOUND)
    path = f"{bucket.uri}/out/a.jpg".encode()
    with pytest.raises(FileError):
        sources(s3, Roots.of(settings)).of(path).open(path)


@pytest.mark.parametrize("uri", ["nothing/here", "no.jpg"])
def test_a_place_with_nothing_in_it_is_not_found(s3: S3, uri: str) -> None:
    bucket = s3.bucket()
    with pytest.raises(SluiceError) as refused:
        resolve_source(f"{bucket.uri}/{uri}", FilesSettings(s3_endpoint_url=s3.endpoint))
    assert refused.value.code is Code.DIRECTORY_NOT_FOUND


def test_many_objects_are_listed_in_flat_memory(s3: S3) -> None:
    check_flat(s3, 1_500)


@pytest.mark.slow
def test_a_hundred_thousand_objects_are_listed_in_flat_memory(s3: S3) -> None:
    check_flat(s3, 100_000)


def check_flat(s3: S3, count: int) -> None:
    bucket = s3.filled(count)
    path = bucket.uri.encode()
    tracemalloc.start()
    try:
        found = sum(isinstance(entry, Found) for entry in sources(s3).of(path).list(path, Listing()))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == count
    assert peak < 4 << 20
