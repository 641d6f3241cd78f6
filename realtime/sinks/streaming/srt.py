"""``SrtSocket``: a file that is sent by SRT, through the C library libsrt of the system.

PyAV's own FFmpeg is built without SRT. libsrt comes with most packages of FFmpeg, OBS and VLC.
"""

import ctypes
import socket
import struct
import sys
import time
from collections.abc import Callable
from ctypes.util import find_library
from urllib.parse import parse_qsl, urlsplit

from realtime.ending import Closing, closed_on_error
from realtime.errors import SinkError
from realtime.sinks.streaming.destination import Destination

PACKET_BYTES = 1316
"""Seven packets of MPEG-TS: the largest message of SRT's live mode."""

NAMES = ("srt", "srt-gnutls", "srt-openssl")
INSTALL = {
    "linux": "Install it: sudo apt install libsrt1.5-openssl (Fedora: srt-libs, Arch: srt)",
    "darwin": "Install it: brew install srt",
}

_ANSWER_MS = 5_000
_OPTIONS = {
    "SNDTIMEO": 13,
    "LATENCY": 23,
    "PASSPHRASE": 26,
    "PBKEYLEN": 27,
    "CONNTIMEO": 36,
    "PEERLATENCY": 44,
    "STREAMID": 46,
}
"""Numbers of libsrt's ``SRT_SOCKOPT``."""

_READ: dict[str, Callable[[str], int | bytes]] = {
    "latency": lambda microseconds: round(int(microseconds) / 1000),
    "passphrase": str.encode,
    "pbkeylen": int,
    "streamid": str.encode,
}
"""Options of an address that libsrt gets."""

KNOWN = sorted((*_READ, "mode", "pkt_size", "transtype"))
_CONNECTED = 5
"""libsrt's ``SRT_SOCKSTATUS``."""

_MARGIN_S, _LONGEST_END_S = 0.1, 2.0
_BAD_SECRET, _UNSECURE, _TIMEOUT = 10, 11, 16
"""libsrt's ``SRT_REJECT_REASON``."""


def find() -> str | None:
    """Return the name of the library on this system; None if it is not installed."""
    return next(filter(None, map(find_library, NAMES)), None)


class SrtSocket(Closing):
    """A connection to a server or program that listens.

    Args:
        destination: ``srt://HOST:PORT``, with FFmpeg's options: ``streamid``, ``passphrase``, ``pbkeylen``, and
            ``latency`` in microseconds.

    Raises:
        SinkError: libsrt is not installed, nobody listens, or the passphrase is wrong.
    """

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._library = _load()
        self._library.srt_startup()
        port = urlsplit(destination.url).port
        found = socket.getaddrinfo(destination.host, port, type=socket.SOCK_DGRAM)
        for family, address in dict.fromkeys((family, address) for family, _, _, _, address in found):
            self._socket: int = self._library.srt_create_socket()  # a second connection needs another one
            with closed_on_error(self):
                self._configure()
                if self._connects(_sockaddr(family, *address)):
                    return
            self.close()
        raise destination.failed("nobody listens there", cure="Start the server, or check host and port")

    def write(self, data: bytes) -> int:
        """Send the packets of one write of the muxer.

        Raises:
            OSError: the connection is lost.
        """
        for start in range(0, len(data), PACKET_BYTES):
            part = bytes(data[start : start + PACKET_BYTES])
            if self._library.srt_send(self._socket, part, len(part)) < 0:
                raise OSError(self._why())
        return len(data)

    def close(self) -> None:
        """Close the connection, once the receiver has played what was sent. May be called twice."""
        sock, self._socket = self._socket, -1
        if sock >= 0:
            if self._library.srt_getsockstate(sock) == _CONNECTED:
                time.sleep(min(self._peer_latency_s(sock) + _MARGIN_S, _LONGEST_END_S))
            self._library.srt_close(sock)

    def _peer_latency_s(self, sock: int) -> float:
        """How long the receiver keeps each packet. It drops what it has not played yet if the connection ends."""
        latency_ms, size = ctypes.c_int(0), ctypes.c_int(4)
        self._library.srt_getsockflag(sock, _OPTIONS["PEERLATENCY"], ctypes.byref(latency_ms), ctypes.byref(size))
        return latency_ms.value / 1000

    def _configure(self) -> None:
        url = urlsplit(self._destination.url)  # streamid=#!::r=NAME has no fragment
        query = dict(parse_qsl(f"{url.query}#{url.fragment}" if url.fragment else url.query, keep_blank_values=True))
        if unknown := sorted(query.keys() - set(KNOWN)):
            raise self._destination.failed(f"unknown option {unknown[0]}", cure=f"Known: {', '.join(KNOWN)}")
        if query.get("mode", "caller") != "caller":
            cure = "Let the other program listen: greenless calls it"
            raise self._destination.failed(f"mode={query['mode']} in the address", cure=cure)
        self._set("CONNTIMEO", _ANSWER_MS)
        self._set("SNDTIMEO", _ANSWER_MS)
        try:
            for name in filter(query.__contains__, _READ):
                self._set(name.upper(), _READ[name](query[name]))
        except ValueError as error:
            raise self._destination.failed("the address has an option that is no number", cure=f"{error}") from error

    def _set(self, name: str, value: int | bytes) -> None:
        data = value if isinstance(value, bytes) else struct.pack("=i", value)
        if self._library.srt_setsockflag(self._socket, _OPTIONS[name], data, len(data)) < 0:
            cure = "A passphrase has 10 to 79 characters" if name == "PASSPHRASE" else "Correct it"
            raise self._destination.failed(f"invalid {name.lower()} in the address: {self._why()}", cure=cure)

    def _connects(self, address: bytes) -> bool:
        """Call one of the server's addresses; return whether anybody listens there."""
        if self._library.srt_connect(self._socket, address, len(address)) >= 0:
            return True
        reason = self._library.srt_getrejectreason(self._socket)
        if reason == _TIMEOUT or not reason:
            return False
        if reason in (_BAD_SECRET, _UNSECURE):
            why, cure = "the server refused the passphrase", "Check passphrase=... in the address"
        else:
            said = self._library.srt_rejectreason_str(reason).decode(errors="replace")
            why, cure = f"the server refused it: {said}", "Check streamid=... and passphrase=... in the address"
        raise self._destination.failed(why, cure=cure)

    def _why(self) -> str:
        return str(self._library.srt_getlasterror_str().decode(errors="replace"))


def _load() -> ctypes.CDLL:
    if (name := find()) is None:
        cure = INSTALL.get(sys.platform, "Use rtmp:// or rtsp://")
        raise SinkError("the library libsrt, which sends SRT, is not installed", cure=cure)
    library = ctypes.CDLL(name)
    library.srt_getlasterror_str.restype = ctypes.c_char_p
    library.srt_rejectreason_str.restype = ctypes.c_char_p
    return library


def _sockaddr(family: int, host: str, port: int, flow: int = 0, scope: int = 0) -> bytes:
    """Return a ``struct sockaddr_in`` or ``sockaddr_in6``."""
    head = struct.pack("BB", 28 if family == socket.AF_INET6 else 16, family)  # BSD has a length before the family
    if sys.platform != "darwin":
        head = struct.pack("=H", family)
    packed = socket.inet_pton(family, host.partition("%")[0])
    if family == socket.AF_INET6:
        return head + struct.pack("!HI", port, flow) + packed + struct.pack("=I", scope)
    return head + struct.pack("!H", port) + packed + bytes(8)
