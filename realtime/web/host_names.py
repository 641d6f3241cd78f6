"""Checks the ``Host`` of a request against the names of the server, because an attacker may use another name.

This prevents DNS rebinding, in which an attacker points a name of theirs to 127.0.0.1.
"""

from collections.abc import Iterable

from realtime.settings.addresses import address, is_loopback


class Names:
    """The names of one server.

    Args:
        host: the address or name that it listens on. If that is not a loopback address, every IP address is a name.
        port: its port, which is part of each name.
        also_at: further names, ``NAME`` or ``NAME:PORT``, for example of this machine in a network or of a tunnel.
    """

    def __init__(self, *, host: str, port: int, also_at: Iterable[str] = ()) -> None:
        self._port = str(port)
        self._names = {"localhost", host.lower() or "localhost"}
        self._near = is_loopback(host)
        self._also = {parted(name.lower(), self._port) for name in also_at}

    def hold(self, host: str) -> bool:
        """Return whether ``host``, the value of the header, is one of the names."""
        name, port = parted(host.lower(), "80")  # browsers omit the default port of HTTP
        if (name, port) in self._also:
            return True
        if port != self._port or "%" in name:  # the zone of an IPv6 address may contain anything
            return False
        found = address(name.strip("[]"))
        return name in self._names or (found is not None and (found.is_loopback or not self._near))


def parted(host: str, usual: str) -> tuple[str, str]:
    """Split a host into name and port."""
    name, found, port = host.rpartition(":")
    return (name, port) if found and not port.endswith("]") else (host, usual)
