"""Objects by their URIs: `s3://BUCKET/KEY`."""

import os
from datetime import datetime
from typing import NamedTuple, Protocol

from libs.common.errors import Code, FileError
from libs.common.sources.source import Identity
from libs.common.sources.uris import BUCKETS


class Meta(Protocol):
    """What obstore tells of an object."""

    def __getitem__(self, name: str) -> object:
        """`path`, `size`, `e_tag`, `version`, `last_modified`."""


class Place(NamedTuple):
    """A bucket, and a key or a prefix of keys in it, without slashes at its ends."""

    scheme: str
    bucket: str
    key: str

    @classmethod
    def of(cls, uri: bytes) -> "Place":
        """FileError not_a_regular_file for what is no URI of an object store, or has a password in it."""
        scheme, _, rest = os.fsdecode(uri).partition("://")
        bucket, _, key = rest.partition("/")
        if scheme.lower() not in BUCKETS or not bucket:
            raise FileError(Code.NOT_A_REGULAR_FILE, "Write it as s3://BUCKET/KEY; gs and az likewise")
        if "@" in bucket:
            raise FileError(
                Code.NOT_A_REGULAR_FILE, "Credentials do not belong into a URI: put them into the environment"
            )
        return cls(scheme.lower(), bucket, key.strip("/"))

    @property
    def root(self) -> bytes:
        """The URI of the whole bucket."""
        return os.fsencode(f"{self.scheme}://{self.bucket}")

    def uri(self, key: str) -> bytes:
        """The URI of another key in the bucket."""
        return self.root + b"/" + os.fsencode(key)


def identity_of(meta: Meta) -> Identity:
    """What tells that the object has not changed: its etag, or its version where it has none."""
    modified, size = meta["last_modified"], meta["size"]
    tag = meta["e_tag"] or meta["version"] or modified
    mtime_ns = int(modified.timestamp() * 1e9) if isinstance(modified, datetime) else 0
    # A listing of Azure has its etags without quotes.
    return Identity(int(str(size)), mtime_ns, 0, str(tag).removeprefix("W/").strip('"'))
