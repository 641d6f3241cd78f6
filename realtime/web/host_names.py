"""The names by which a browser may call the control server, because any other may be an attacker's.

In: the address it serves at, its port, and further names that the user allows. Out: whether the ``Host`` of a request
is one of them. A name in the DNS that suddenly means 127.0.0.1 (rebinding) is none.
"""

import ipaddress
from collections.abc import Iterable


class Names:
    """The names of one server.

    Args:
        host: the address or name it serves at. Only if that is no loopback, other addresses are its names too.
        port: its port, which is part of each name.
        also_at: further names, ``NAME`` or ``NAME:PORT``: of this machine in a network, or of a tunnel to it.
    """

    def __init__(self, *, host: str, port: int, also_at: Iterable[str] = ()) -> None:
        self._port = str(port)
        self._names = {"localhost", host.lower() or "localhost"}
        self._near = is_loopback(host)
        self._also = {_parted(name.lower(), self._port) for name in also_at}

    def hold(self, host: str) -> bool:
        """Whether ``host``, as the header has it, is one of the names."""
        name, port = _parted(host.lower(), "80")  # HTTP's own port is left out
        if (name, port) in self._also:
            return True
        if port != self._port or "%" in name:  # behind it an IPv6 address may hold anything
            return False
        if name in self._names or is_loopback(name.strip("[]")):
            return True
        return not self._near and _is_address(name.strip("[]"))


def is_loopback(address: str) -> bool:
    """Whether only this machine can call that address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def _parted(host: str, usual: str) -> tuple[str, str]:
    """Name and port."""
    name, found, port = host.rpartition(":")
    return (name, port) if found and not port.endswith("]") else (host, usual)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
