"""Connections to named hosts alone, and never to a private address that was not named itself."""

import socket
import ssl
from collections.abc import Collection, Iterable
from typing import Any

import httpcore

from libs.common.errors import Code, FileError
from libs.common.http.addresses import are_allowed


class Checked(httpcore.NetworkBackend):
    """Resolves a name, checks its addresses, and connects to one of just these.

    A name that resolved well a moment ago may resolve to something else by now.
    """

    def __init__(self, hosts: Collection[str]) -> None:
        self._hosts = hosts
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """FileError outside_roots for a host that is not named, or that has a private address."""
        check_host(host, self._hosts)
        address = self._address(host, port)
        return self._backend.connect_tcp(address, port, timeout, local_address, socket_options)

    def _address(self, host: str, port: int) -> str:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} is not found") from error
        addresses = [str(each[4][0]) for each in found]
        if not are_allowed(host, addresses):
            raise FileError(Code.OUTSIDE_ROOTS, f"{host} has a private address, which is not fetched from")
        return addresses[0]


def check_host(host: str, hosts: Collection[str]) -> None:
    """FileError outside_roots for a host that no setting names. A private address must be named as one."""
    if host.lower().rstrip(".") not in {each.lower() for each in hosts}:
        raise FileError(Code.OUTSIDE_ROOTS, f"{host} is not in ALLOWED_HOSTS_FETCH: add it to allow it")


def pool(hosts: Collection[str], connections: int) -> httpcore.ConnectionPool:
    """Connections that are kept."""
    return httpcore.ConnectionPool(
        ssl_context=ssl.create_default_context(),
        max_connections=connections,
        max_keepalive_connections=connections,
        keepalive_expiry=30,
        network_backend=Checked(hosts),
    )
