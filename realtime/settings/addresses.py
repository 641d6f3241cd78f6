"""Addresses of servers in the settings."""

import ipaddress
import re
import socket
from typing import Any

from realtime.ending import closed_on_error

_SERVER = re.compile(r"wss?://([\w.-]+|\[[0-9a-fA-F:.]+\])(:(?P<port>\d{1,5}))?(/[\w./-]*)?")


def is_server(url: str) -> bool:
    """Return whether ``url`` is the address of a matting server."""
    found = _SERVER.fullmatch(url)
    return found is not None and (found["port"] is None or 0 < int(found["port"]) <= 65535)


def address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address that ``name`` is; None if it is a name."""
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def is_loopback(name: str) -> bool:
    """Return whether only this machine can reach the address."""
    found = address(name)
    return name == "localhost" if found is None else found.is_loopback


def bound(family: int, address: Any) -> socket.socket:
    """Return a TCP socket that has an address, and does not listen yet; ``::`` means IPv4 addresses too.

    Raises:
        OSError: the address is not available.
    """
    made = socket.socket(family, socket.SOCK_STREAM)
    with closed_on_error(made):
        option = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)  # Windows: the other would share a port
        made.setsockopt(socket.SOL_SOCKET, option, 1)
        if family == socket.AF_INET6 and socket.has_dualstack_ipv6():
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        made.bind(address)
    return made
