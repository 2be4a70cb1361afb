"""What lies next to objects and describes them, on a real S3 server."""

import asyncio

import pytest

from libs.common.imaging.metadata import limits, takeout, xmp
from libs.common.messages import PathRecord, decode, encode
from libs.common.sources.entries import Described, Found
from libs.common.sources.objects import listing
from libs.common.sources.remote import Remote
from libs.common.sources.roots import ANYWHERE
from libs.common.sources.source import Listing
from libs.common.sources.sources import Sources
from services.processor.decoding.fetching import Fetching
from services.processor.decoding.inspection import Request
from tests.support.s3 import S3, Bucket
from tests.unit.imaging.metadata import samples
from tests.unit.processor.samples import file_for

pytestmark = pytest.mark.slow

EXPORT = b'{"description": "At the tower", "photoTakenTime": {"timestamp": "1563724991"}}'
OBJECTS = {
    "a/IMG_1.jpg": b"1",
    "a/IMG_1.jpg.supplemental-metadata.json": EXPORT,
    "a/IMG_1.xmp": samples.xmp(),
    "a/IMG_1-edited.jpg": b"1",
    "a/IMG_2.JPG": b"1",
    "a/IMG_2.XMP": samples.xmp(),
    "a/b/IMG_1.jpg": b"1",
    "z/alone.jpg": b"1",
}


def found(s3: S3, bucket: Bucket, **requested: object) -> dict[str, tuple[str, ...]]:
    """The names of what describes each photo."""
    path = bucket.uri.encode()
    entries = Sources(ANYWHERE, Remote(s3.endpoint)).list(path, Listing(**requested))  # type: ignore[arg-type]
    return {
        each.path.decode().removeprefix(bucket.uri + "/"): tuple(
            described.name.decode() for described in each.extra.described_by
        )
        for each in entries
        if isinstance(each, Found)
    }


EXPECTED = {
    "a/IMG_1-edited.jpg": ("IMG_1.jpg.supplemental-metadata.json",),
    "a/IMG_1.jpg": ("IMG_1.xmp", "IMG_1.jpg.supplemental-metadata.json"),
    "a/IMG_2.JPG": ("IMG_2.XMP",),
    "a/b/IMG_1.jpg": (),
    "z/alone.jpg": (),
}


@pytest.mark.parametrize("page", [2, 1000])
def test_a_listing_says_what_describes_an_object(s3: S3, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_PAGE", page)
    bucket = s3.bucket()
    bucket.put(OBJECTS)
    assert found(s3, bucket) == EXPECTED


def test_it_does_so_where_a_key_has_it_listed_by_folders(s3: S3) -> None:
    bucket = s3.bucket()
    bucket.put(OBJECTS)
    bucket.put_raw("y//bad.jpg")
    assert found(s3, bucket) == EXPECTED


def request(bucket: Bucket, key: str, *described: tuple[str, int]) -> Request:
    by = tuple(Described(name.encode(), size) for name, size in described)
    return Request(path=f"{bucket.uri}/{key}".encode(), size=1, mtime_ns=0, described_by=by)


def fetched(s3: S3, wanted: Request) -> Request:
    done, file = asyncio.run(Fetching(Sources(ANYWHERE, Remote(s3.endpoint)), 60).fetched(wanted))
    file.close()  # type: ignore[union-attr]
    return done


def test_what_describes_an_object_is_fetched_with_it(s3: S3) -> None:
    bucket = s3.bucket()
    bucket.put(OBJECTS)
    sizes = {name: len(OBJECTS[f"a/{name}"]) for name in EXPECTED["a/IMG_1.jpg"]}
    done = fetched(s3, request(bucket, "a/IMG_1.jpg", *sizes.items()))
    assert xmp.metadata_of(done.xmp).rating == 4
    assert takeout.metadata_of(done.takeout).description == "At the tower"


@pytest.mark.parametrize(
    "described",
    [
        ("gone.xmp", 100),
        ("IMG_1.xmp", limits.XMP_BYTES + 1),
        ("IMG_1.xmp", 10),
        ("IMG_1.jpg", 1),
        ("IMG_1.xmp", 0),
    ],
)
def test_what_cannot_be_fetched_or_is_too_large_says_nothing(s3: S3, described: tuple[str, int]) -> None:
    bucket = s3.bucket()
    bucket.put(OBJECTS)
    done = fetched(s3, request(bucket, "a/IMG_1.jpg", described))
    assert xmp.metadata_of(done.xmp) == takeout.metadata_of(done.takeout) == xmp.metadata_of(b"")


def test_it_travels_with_the_file() -> None:
    record = PathRecord(file=file_for(b"s3://b/a.jpg", described_by=(Described(b"a.xmp", 3),)))
    assert decode(encode(record), PathRecord).file.described_by == (Described(b"a.xmp", 3),)
