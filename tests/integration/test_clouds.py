"""Buckets of Google and containers of Azure, on emulators of them."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from obstore.exceptions import GenericError, NotFoundError

from libs.common.errors import Code, FileError
from libs.common.sources.entries import Entry, Found, Rejected
from libs.common.sources.objects.failures import file_error
from libs.common.sources.remote import Remote
from libs.common.sources.roots import ANYWHERE
from libs.common.sources.source import Listing
from libs.common.sources.sources import Sources
from tests.support import clouds

pytestmark = pytest.mark.slow

OBJECTS = {"a/b.jpg": b"12", "a/b.xmp": b"<x/>", "a/ü 1.jpg": b"12345", "notes.txt": b"n"}
needs_google = pytest.mark.skipif(shutil.which(clouds.GOOGLE) is None, reason=f"needs {clouds.GOOGLE}")
needs_azure = pytest.mark.skipif(shutil.which(clouds.AZURE) is None, reason=f"needs {clouds.AZURE}")


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("GOOGLE_", "AZURE_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def google() -> Iterator[Mapping[str, str]]:
    with clouds.google(OBJECTS) as environment:
        yield environment


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    with clouds.azure(OBJECTS, tmp_path_factory.mktemp("azurite")) as environment:
        yield environment


def enter(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def sources() -> Sources:
    return Sources(ANYWHERE, Remote(None, seconds=30))


def refused(uri: bytes) -> FileError:
    (rejected,) = sources().list(uri, Listing())
    assert isinstance(rejected, Rejected)
    return rejected.error


def is_listed_and_read(uri: str) -> None:
    entries: list[Entry] = list(sources().list(uri.encode(), Listing()))
    found = {each.path.decode().removeprefix(uri): each for each in entries if isinstance(each, Found)}
    assert {name: each.size for name, each in found.items()} == {"/a/b.jpg": 2, "/a/ü 1.jpg": 5}
    assert [each.name for each in found["/a/b.jpg"].extra.described_by] == [b"b.xmp"]
    path = found["/a/ü 1.jpg"].path
    source = sources().of(path)
    with source.open(path) as file:
        assert os.pread(file.descriptor, 10, 0) == b"12345"
        assert file.identity.etag == found["/a/ü 1.jpg"].etag == source.stat(path).etag
    with pytest.raises(FileError) as caught:
        source.open(uri.encode() + b"/none.jpg")
    assert caught.value.code is Code.FILE_VANISHED


@needs_google
def test_a_bucket_of_google_is_listed_and_read(
    google: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(monkeypatch, google)
    is_listed_and_read("gs://photos")


@pytest.mark.parametrize(
    "key",
    [None, {}, {"type": "service_account", "client_email": "a@b", "private_key": "x", "private_key_id": "y"}],
)
def test_a_key_of_google_that_is_none_is_said(
    key: dict[str, str] | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "key.json"
    if key is not None:
        file.write_text(json.dumps(key))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    error = refused(b"gs://photos")
    assert error.code is Code.SOURCE_DENIED
    assert "GOOGLE_APPLICATION_CREDENTIALS" in error.detail


def test_a_bucket_that_google_does_not_find_is_gone() -> None:
    """The emulator says that it made a mistake of its own."""
    answer = "Generic GCS error: Server returned non-2xx status code: 404 Not Found: {}"
    assert file_error(GenericError(answer), "gs", "photos").code is Code.SOURCE_GONE
    assert file_error(NotFoundError(answer), "gs", "photos").code is Code.FILE_VANISHED


@needs_azure
def test_a_container_of_azure_is_listed_and_read(
    azure: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(monkeypatch, azure)
    is_listed_and_read("az://photos")
    assert refused(b"az://none").code is Code.SOURCE_GONE


@needs_azure
@pytest.mark.parametrize("key", ["QUJD", "no key at all!"])
def test_a_wrong_key_of_azure_is_said(
    key: str, azure: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(monkeypatch, {**azure, "AZURE_STORAGE_ACCOUNT_KEY": key})
    error = refused(b"az://photos")
    assert error.code is Code.SOURCE_DENIED
    assert "AZURE_STORAGE_ACCOUNT_KEY" in error.detail
