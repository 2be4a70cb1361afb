"""A web server by https, with a certificate of the test's own."""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """What the server answers on a path."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Web:
    """The running server. `seen` are the requests, in order."""

    port: int
    ca: Path
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def url(self, path: str, host: str = ADDRESS) -> str:
        return f"https://{host}:{self.port}{path}"

    def on(self, path: str, *answers: Answer) -> str:
        """Answer so, the last of them again and again; the path's address."""
        self.answers[path] = list(answers)
        return self.url(path)

    def answer(self, method: str, path: str) -> Answer:
        self.seen.append(f"{method} {path}")
        known = self.answers.get(path, [Answer(status=404)])
        return known.pop(0) if len(known) > 1 else known[0]


@contextmanager
def running_web(folder: Path) -> Iterator[Web]:
    """The server, for as long as the block lasts; `ca` is the file of its authority."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(ADDRESS, "localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    server = ThreadingHTTPServer((ADDRESS, 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    web = server.web = Web(server.server_address[1], folder / "ca.pem")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        answer = self.server.web.answer(self.command, self.path)  # type: ignore[attr-defined]
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(answer.body)

    def log_message(self, *_: Any) -> None:
        return
