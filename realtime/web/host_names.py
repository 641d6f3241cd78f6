"""Checks the ``Host`` of a request against the names of the server, because an attacker may use another name.

This prevents DNS rebinding, in which an attacker points a name of theirs to 127.0.0.1.
"""

from collections.abc import Iterable

from realtime.settings.addresses import address, is_loopback


def is_own(called: str, *, host: str, port: int, also_at: Iterable[str] = ()) -> bool:
    """Return whether ``called``, the value of the header, is a name of the server.

    Args:
        called: the value of the header.
        host: the address or name that it listens on. If that is not a loopback address, every IP address is a name.
        port: its port, which is part of each name.
        also_at: further names, ``NAME`` or ``NAME:PORT``, for example of this machine in a network or of a tunnel.
    """
    name, called_port = parted(called.lower(), "80")  # browsers omit the default port of HTTP
    if (name, called_port) in (parted(each.lower(), str(port)) for each in also_at):
        return True
    if called_port != str(port) or "%" in name:  # the zone of an IPv6 address may contain anything
        return False
    found = address(name.strip("[]"))
    if found is None:
        return name in ("localhost", host.lower() or "localhost")
    return found.is_loopback or not is_loopback(host)


def parted(host: str, usual: str) -> tuple[str, str]:
    """Split a host into name and port."""
    name, found, port = host.rpartition(":")
    return (name, port) if found and not port.endswith("]") else (host, usual)
