"""Files on web servers, over real connections with TLS."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from libs.common.errors import Code, FileError
from libs.common.sources.remote import Remote
from libs.common.sources.roots import ANYWHERE
from libs.common.sources.source import UNKNOWN
from libs.common.sources.sources import Sources
from tests.support.web import ADDRESS, Answer, Web, running_web


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running_web(tmp_path_factory.mktemp("web")) as web:
        yield web


@pytest.fixture
def web(server: Web, monkeypatch: pytest.MonkeyPatch) -> Web:
    monkeypatch.setenv("SSL_CERT_FILE", str(server.ca))
    server.answers.clear()
    server.seen.clear()
    return server


def sources(*hosts: str, **fields: Any) -> Sources:
    return Sources(ANYWHERE, Remote(hosts=hosts or (ADDRESS,), **{"seconds": 20.0, **fields}))


def failure(url: str, reader: Sources) -> FileError:
    path = url.encode()
    with pytest.raises(FileError) as failed:
        reader.of(path).open(path)
    return failed.value


def test_a_file_is_fetched_with_what_tells_that_it_has_not_changed(web: Web) -> None:
    modified = {"ETag": 'W/"v1"', "Last-Modified": "Tue, 15 Nov 1994 12:45:26 GMT"}
    path = web.on("/a%20b.jpg", Answer(b"photo", headers=modified)).encode()
    source = sources().of(path)
    with source.open(path) as file:
        assert os.pread(file.descriptor, 100, 0) == b"photo"
        assert file.identity == source.stat(path)
    assert (file.identity.size, file.identity.etag, file.identity.mtime_ns) == (5, "v1", 784903526 * 10**9)


def test_a_server_that_tells_nothing_is_asked_again_each_time(web: Web) -> None:
    path = web.on("/a.jpg", Answer(b"photo")).encode()
    assert sources().of(path).stat(path).etag == UNKNOWN
    path = web.on("/b.jpg", Answer(status=405)).encode()
    assert sources().of(path).stat(path).etag == UNKNOWN


def test_a_redirect_is_followed(web: Web) -> None:
    target = web.on("/target.jpg", Answer(b"photo"))
    path = web.on("/a.jpg", Answer(status=302, headers={"Location": target})).encode()
    with sources().of(path).open(path) as file:
        assert os.pread(file.descriptor, 100, 0) == b"photo"


@pytest.mark.parametrize(
    "target",
    [
        "https://localhost:{port}/secret",  # named, but its address is private
        "https://127.0.0.2:{port}/secret",  # an address that is not named
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]:{port}/secret",
        "https://other.example/secret",
        "http://127.0.0.1:{port}/secret",
        "file:///etc/passwd",
        "https://user:word@127.0.0.1:{port}/secret",
    ],
)
def test_no_redirect_leads_to_a_private_address_or_another_host(web: Web, target: str) -> None:
    web.on("/secret", Answer(b"secret"))
    url = web.on("/a.jpg", Answer(status=307, headers={"Location": target.format(port=web.port)}))
    assert failure(url, sources(ADDRESS, "localhost")).code is Code.OUTSIDE_ROOTS
    assert web.seen == ["GET /a.jpg"]


def test_a_name_with_a_private_address_is_refused(web: Web) -> None:
    error = failure(web.url("/a.jpg", "localhost"), sources("localhost"))
    assert (error.code, "private address" in error.detail) == (Code.OUTSIDE_ROOTS, True)
    assert not web.seen


def test_a_host_that_is_not_named_is_refused_with_the_way_out() -> None:
    error = failure("https://example.org/a.jpg", sources())
    assert error.code is Code.OUTSIDE_ROOTS
    assert "ALLOWED_HOSTS_FETCH" in error.detail


def test_redirects_end(web: Web) -> None:
    url = web.on("/a.jpg", Answer(status=302, headers={"Location": "/a.jpg"}))
    assert failure(url, sources()).code is Code.READ_FAILED
    assert len(web.seen) == 6


def test_what_fails_for_a_while_is_tried_again(web: Web) -> None:
    path = web.on("/a.jpg", Answer(status=503), Answer(b"photo")).encode()
    with sources().of(path).open(path) as file:
        assert file.identity.size == 5


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(status=404), Code.FILE_VANISHED),
        (Answer(status=401), Code.SOURCE_DENIED),
        (Answer(status=418), Code.READ_FAILED),
        (Answer(status=302, headers={"Location": "https://[::1/a"}), Code.READ_FAILED),
        (Answer(b"12345678901"), Code.TOO_LARGE),
        (Answer(b"short", headers={"Content-Length": "9", "Connection": "close"}), Code.READ_FAILED),
    ],
)
def test_a_file_that_is_not_fetched_says_why(web: Web, answer: Answer, code: Code) -> None:
    url = web.on("/a.jpg", answer)
    assert failure(url, sources(most_bytes=10, seconds=1.0)).code is code


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    del tmp_path
    with socket.create_server((ADDRESS, 0)) as silent:
        url = f"https://{ADDRESS}:{silent.getsockname()[1]}/a.jpg"
        assert failure(url, sources(seconds=0.6)).code is Code.READ_FAILED
