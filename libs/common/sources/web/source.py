"""Files on web servers, by https alone: the rows of manifests."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import quote, urljoin, urlsplit

import httpcore

from libs.common.errors import Code, FileError, SluiceError
from libs.common.runtime.retry import FIRST_PAUSE_S, pauses
from libs.common.sources.entries import Entry, Found, Rejected
from libs.common.sources.remote import CONNECT_SECONDS, TRIES, Remote
from libs.common.sources.snapshots import snapshot
from libs.common.sources.source import UNKNOWN, Identity, Listing, OpenFile, Part
from libs.common.sources.uris import shown
from libs.common.sources.web.connecting import pool

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_MOST_REDIRECTS = 5
_PARTIAL = 206
_AGAIN = frozenset((408, 429, 500, 502, 503, 504))
_NO_HEAD = frozenset((403, 405, 501))
_CONNECTIONS = 64
_NOT_CODED = (b"Accept-Encoding", b"identity")
_AWAY = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)


T = TypeVar("T")


class _TryAgainError(Exception):
    """The server may answer better later."""


class WebSource:
    """Files of the hosts that are named. Credentials, cookies and proxies are not used."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._pool = pool(remote.hosts, _CONNECTIONS)

    def list(self, root: bytes, requested: Listing) -> Iterator[Entry]:  # noqa: ARG002
        """The file at `root`: a web server has no listing."""
        try:
            found = self.stat(root)
        except FileError as error:
            yield Rejected(root, error)
        else:
            yield Found(root, found.size, found.mtime_ns, found.ctime_ns, etag=found.etag)

    def open(self, path: bytes, *, links: bool = True, part: Part | None = None) -> OpenFile:  # noqa: ARG002
        """See Source."""
        return self._tried(path, lambda until: self._fetched(path, part, until))

    def stat(self, path: bytes, *, links: bool = True) -> Identity:  # noqa: ARG002
        """See Source; UNKNOWN is the etag of one whose server tells nothing."""
        return self._tried(path, lambda _: self._reported(path))

    def __del__(self) -> None:
        self._pool.close()

    def require(self, root: bytes) -> None:
        """See RemoteSource."""
        try:
            self.stat(root)
        except FileError as error:
            if error.code is Code.FILE_VANISHED:
                raise SluiceError(Code.DIRECTORY_NOT_FOUND, f"there is no {shown(root)}") from None
            raise

    def _fetched(self, path: bytes, part: Part | None, until: float) -> OpenFile:
        with self._followed(path, b"GET", part) as answer:
            _check(answer, path)
            if part is not None and answer.status != _PARTIAL:
                raise FileError(Code.READ_FAILED, f"{_host(path)} sends no parts of files: name another host")
            found = _identity(answer)
            whole = found if part is None else part.of(found)
            return snapshot(whole, _pieces(answer, until), self._remote.most_bytes)

    def _reported(self, path: bytes) -> Identity:
        with self._followed(path, b"HEAD", None) as answer:
            if answer.status in _NO_HEAD:
                return Identity(0, 0, 0, UNKNOWN)
            _check(answer, path)
            return _identity(answer)

    def _tried(self, path: bytes, call: Callable[[float], T]) -> T:
        """What `call` gives, which gets until when it may take."""
        until, waits = time.monotonic() + self._remote.seconds, pauses(FIRST_PAUSE_S)
        for _ in range(TRIES):
            try:
                return call(until)
            except (*_AWAY, _TryAgainError):
                pause_s = next(waits)
                if time.monotonic() + pause_s > until:
                    break
                time.sleep(pause_s)
            except ValueError as error:
                detail = f"{_host(path)} answers with an address or a length that is none"
                raise FileError(Code.READ_FAILED, detail) from error
        raise FileError(Code.READ_FAILED, f"{_host(path)} does not answer, or fails: retry")

    @contextmanager
    def _followed(self, path: bytes, method: bytes, part: Part | None) -> Iterator[httpcore.Response]:
        url = quote(path, safe="%:/?#[]@!$&'()*+,;=~")
        for _ in range(_MOST_REDIRECTS + 1):
            _check_scheme(url)
            with self._pool.stream(
                method, url, headers=_headers(part), extensions={"timeout": self._timeouts()}
            ) as answer:
                if answer.status not in _REDIRECTS:
                    yield answer
                    return
                url = urljoin(url, _header(answer, b"location") or "")
        raise FileError(Code.READ_FAILED, "It is redirected again and again")

    def _timeouts(self) -> Mapping[str, float]:
        silent = self._remote.silent_seconds
        return {"connect": min(CONNECT_SECONDS, silent), "read": silent, "write": silent, "pool": silent}


def _check_scheme(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise FileError(Code.OUTSIDE_ROOTS, "It leads away from https, which alone is fetched from")


def _check(answer: httpcore.Response, path: bytes) -> None:
    if answer.status in (404, 410):
        raise FileError(Code.FILE_VANISHED, "The file is no longer there")
    if answer.status in _AGAIN:
        raise _TryAgainError
    if answer.status in (401, 403):
        raise FileError(Code.SOURCE_DENIED, f"{_host(path)} refuses it: it must be open to all")
    if answer.status not in (200, 206):
        raise FileError(Code.READ_FAILED, f"{_host(path)} answers with status {answer.status}")


def _host(path: bytes) -> str:
    return urlsplit(path).netloc.decode(errors="replace")


def _pieces(answer: httpcore.Response, until: float) -> Iterator[bytes]:
    for piece in answer.iter_stream():
        if time.monotonic() > until:
            raise FileError(Code.READ_FAILED, "It came too slowly: raise FETCH_SECONDS, or retry")
        yield piece


def _headers(part: Part | None) -> list[tuple[bytes, bytes]]:
    if part is None:
        return [_NOT_CODED]
    last = part.offset + max(part.size, 1) - 1
    return [_NOT_CODED, (b"Range", f"bytes={part.offset}-{last}".encode())]


def _identity(answer: httpcore.Response) -> Identity:
    length, modified = _header(answer, b"content-length"), _header(answer, b"last-modified")
    tag = (_header(answer, b"etag") or modified or UNKNOWN).removeprefix("W/").strip('"')
    return Identity(int(length or 0), _nanoseconds(modified), 0, tag)


def _nanoseconds(date: str | None) -> int:
    try:
        return int(parsedate_to_datetime(date or "").timestamp()) * 10**9
    except ValueError:
        return 0


def _header(answer: httpcore.Response, name: bytes) -> str | None:
    found = next((value for key, value in answer.headers if key.lower() == name), None)
    return None if found is None else found.decode("latin-1")
