"""Addresses of servers in the settings."""

import ipaddress
import re

_SERVER = re.compile(r"wss?://([\w.-]+|\[[0-9a-fA-F:.]+\])(:(?P<port>\d{1,5}))?(/[\w./-]*)?")


def is_server(url: str) -> bool:
    """Return whether ``url`` is the address of a matting server."""
    found = _SERVER.fullmatch(url)
    return found is not None and (found["port"] is None or 0 < int(found["port"]) <= 65535)


def is_loopback(address: str) -> bool:
    """Return whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
