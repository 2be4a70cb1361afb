"""Where the end of a job is reported to: the URL that a request names, and what a setting allows."""

import base64
import binascii
import re
from dataclasses import dataclass

LONGEST_URL = 2048
_PREFIX = "whsec_"
_SHORTEST_KEY, _LONGEST_KEY = 24, 64
_PORTS = {"https": 443, "http": 80}
URL_PATTERN = r'^(https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?([/?][!-"$-\[\]-~]*)?$'
"""Scheme, host, port, path and query. No user, no password, no fragment, no backslash."""
_URL = re.compile(URL_PATTERN)


@dataclass(frozen=True, slots=True)
class Origin:
    """A server: how it is called, and where."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


@dataclass(frozen=True, slots=True)
class CallbackUrl:
    """A URL in its parts: what is checked is what is called, so it is parsed once."""

    origin: Origin
    target: str
    """Path and query."""

    @classmethod
    def parse(cls, text: str) -> "CallbackUrl":
        """ValueError unless it is an http or https URL of ASCII, without a user, a password or a fragment."""
        found = _URL.fullmatch(text)
        if found is None or len(text) > LONGEST_URL:
            raise ValueError(
                f"callback_url: an https URL of at most {LONGEST_URL} ASCII characters, without a user, "
                "a password or a fragment"
            )
        scheme, host = found[1], found[2].lower().rstrip(".")
        port = int(found[3] or _PORTS[scheme])
        if not host or not 0 < port < 65536:
            raise ValueError("callback_url: its host or its port is none")
        target = found[4] or "/"
        return cls(Origin(scheme, host, port), target if target.startswith("/") else f"/{target}")

    @property
    def shown(self) -> str:
        """The URL for people: without its query, which may hold a secret."""
        return f"{self.origin}{self.target.partition('?')[0]}"


def shown_url(text: str) -> str:
    """The URL without its query; of one that cannot be parsed nothing."""
    try:
        return CallbackUrl.parse(text).shown
    except ValueError:
        return ""


def check_callback_url(text: str | None) -> None:
    """ValueError for what `CallbackUrl.parse` refuses."""
    if text is not None:
        CallbackUrl.parse(text)


def parse_origin(host: str) -> Origin:
    """`hooks.example.com` and `hooks.example.com:8443` are called by https; else ValueError."""
    url = CallbackUrl.parse(host if "://" in host else f"https://{host}")
    if url.target != "/":
        raise ValueError(f"{host} is more than a host: leave out the path")
    return url.origin


def parse_keys(text: str) -> tuple[bytes, ...]:
    """The keys in `whsec_...,whsec_...`; ValueError for anything that is no such secret."""
    return tuple(_key(part.strip()) for part in text.split(",") if part.strip())


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
        raise ValueError(
            f"CALLBACK_SECRET is {_SHORTEST_KEY} to {_LONGEST_KEY} random bytes in base64, with or without "
            f"{_PREFIX} before it: `openssl rand -base64 32` makes one"
        )
    return key
