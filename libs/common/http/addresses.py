"""Which addresses a name may lead to: never to private ones, which the caller could not reach itself."""

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether it is no loopback, link-local, private or reserved address, nor an IPv6 form of one."""
    return _reached(ipaddress.ip_address(address.partition("%")[0])).is_global


def are_allowed(host: str, addresses: Sequence[str]) -> bool:
    """Whether `host` may be connected to at these addresses: a private one must be named as an address."""
    return is_address(host) or all(map(is_public, addresses))


def is_address(host: str) -> bool:
    """Whether the host of a URL is an address and no name."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _reached(address: Address) -> Address:
    """The IPv4 address that an IPv6 one leads to, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    nat64 = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return address.ipv4_mapped or address.sixtofour or nat64 or address
