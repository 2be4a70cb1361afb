"""Where the file of a row lies: rows are written by anybody, and what they say travels and is shown."""

import os
import re
from urllib.parse import urlsplit

from libs.common.sources.uris import is_remote, plain, scheme_of

_SIGNED = re.compile(
    r"(^|&)(x-amz-(signature|security-token)|x-goog-signature|sig|signature|token|awsaccesskeyid)=",
    re.IGNORECASE,
)


def located(uri: str, folder: bytes) -> bytes:
    """The path or URI of a row, absolute; a relative one is relative to the manifest's folder.

    ValueError for one with a credential in it, or that no file can have.
    """
    text = plain(uri.strip())
    if "\0" in text:
        raise ValueError("its uri has a NUL in it")
    path = os.fsencode(text)
    scheme = scheme_of(path)
    if scheme is None:
        return _joined(folder, path)
    _check_no_credential(text)
    return scheme.encode() + path[len(scheme) :]


def _joined(folder: bytes, path: bytes) -> bytes:
    if path.startswith(b"/"):
        return os.path.normpath(path)
    if not is_remote(folder):
        return os.path.normpath(folder + b"/" + path)
    if b".." in path.split(b"/"):
        raise ValueError("its uri leads out of the manifest's folder: write it whole")
    return folder + b"/" + path.removeprefix(b"./")


def _check_no_credential(uri: str) -> None:
    parts = urlsplit(uri)
    if "@" in parts.netloc:
        raise ValueError("its uri has a name or password in it: credentials belong into the environment")
    if parts.scheme == "https" and _SIGNED.search(parts.query):
        raise ValueError("its uri is signed, which is a credential: name the object as s3://, gs:// or az://")
