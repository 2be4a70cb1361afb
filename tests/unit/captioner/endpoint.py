"""An endpoint with the wire of OpenAI's chat completions, over a socket, that answers as a test says."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What one request gets; `after` seconds."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0


def answering(content: str | None, **message: Any) -> Answer:
    """A completion, with all that such endpoints put around it."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": content, **message},
        "finish_reason": "stop",
        "logprobs": None,
    }
    usage = {"prompt_tokens": 600, "completion_tokens": 20, "total_tokens": 620}
    return Answer(
        body={"id": "chatcmpl-1", "object": "chat.completion", "created": 1_767_323_045, "model": "vision",
              "choices": [choice], "usage": usage}
    )  # fmt: skip


@dataclass
class Endpoint:
    """Answers in order, the last again and again; `most` counts requests that it had at once."""

    url: str
    answers: list[Answer]
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    at_once: int = 0
    most: int = 0
    turn: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def endpoint(*answers: Answer) -> Iterator[Endpoint]:
    """Up as long as the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            assert self.path == "/v1/chat/completions"
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with made.turn:
                made.requests.append(body)
                made.headers.append({name.lower(): value for name, value in self.headers.items()})
                made.at_once += 1
                made.most = max(made.most, made.at_once)
                answer = made.take()
            time.sleep(answer.after)
            with made.turn:
                made.at_once -= 1
            sent = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in ({"content-type": "application/json"} | answer.headers).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            """Not to the tests' output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made = Endpoint(f"http://127.0.0.1:{server.server_port}/v1", list(answers))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join(10)
