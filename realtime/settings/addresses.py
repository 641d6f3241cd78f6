"""Addresses of servers in the settings."""

import ipaddress
import re

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
