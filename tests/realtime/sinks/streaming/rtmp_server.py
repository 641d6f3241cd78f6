"""An RTMP server that answers a publisher as a test wants: takes the key, refuses it, says nothing, or hangs up.

FFmpeg's publisher wants these answers (Adobe, RTMP specification 1.0): the handshake, then ``_result`` for ``connect``
and ``createStream``, then ``onStatus`` for ``publish``.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

HANDSHAKE_BYTES = 1536
SET_CHUNK_SIZE, COMMAND, VIDEO = 1, 20, 9


class RtmpServer:
    """Serves one publisher after another at ``url`` until ``close``.

    Args:
        silent: accept the connection, and say nothing.
        stalls: take the key, then read nothing.
        key: the only key that it takes; None for all.
        port: where it listens; 0 for a free one.
        tls: speak TLS, with this certificate.

    Attributes:
        url: its address, without a key.
        keys: the keys so far.
        videos: the sizes of the video messages so far.
    """

    def __init__(
        self,
        *,
        silent: bool = False,
        stalls: bool = False,
        key: str | None = None,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.keys: list[str] = []
        self.videos: list[int] = []
        self._silent, self._stalls, self._key, self._tls = silent, stalls, key, tls
        self._over = threading.Event()
        self._server = socket.create_server(("127.0.0.1", port))
        if stalls:  # its buffers are full soon
            self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._server.settimeout(0.05)
        self.port: int = self._server.getsockname()[1]
        self.url = f"{'rtmps' if tls else 'rtmp'}://127.0.0.1:{self.port}/live"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._server.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            with suppress(OSError):
                publisher, _ = self._server.accept()
                if self._tls is not None:
                    publisher = self._tls.wrap_socket(publisher, server_side=True)
                publisher.settimeout(0.05)
                with publisher:
                    self._converse(publisher)

    def _converse(self, publisher: socket.socket) -> None:
        def read(count: int) -> bytes:
            data = b""
            while len(data) < count:
                if self._over.is_set():
                    raise OSError("closed")
                with suppress(TimeoutError):
                    if not (more := publisher.recv(count - len(data))):
                        raise OSError("the publisher is gone")
                    data += more
            return data

        if self._silent:
            self._over.wait()
            return
        read(1 + HANDSHAKE_BYTES)
        publisher.sendall(b"\3" + 2 * bytes(HANDSHAKE_BYTES))
        read(HANDSHAKE_BYTES)
        for kind, body in _messages(read):
            if kind == VIDEO:
                self.videos.append(len(body))
            if kind != COMMAND:
                continue
            name, number = _text(body, 0), body[3 + len(_text(body, 0)) :][:9]
            if name == "connect":
                _send(publisher, b"\2\0\7_result" + number + b"\5\5")
            elif name == "createStream":
                _send(publisher, b"\2\0\7_result" + number + b"\5\0" + struct.pack(">d", 1))
            elif name == "publish":
                self.keys.append(key := _text(body, len("publish") + 3 + 9 + 1))
                good = self._key in (None, key)
                level, code = ("status", "NetStream.Publish.Start") if good else ("error", "NetStream.Publish.BadName")
                text = _pairs(level=level, code=code, description="Publishing" if good else f"{key} is no stream")
                _send(publisher, b"\2\0\x08onStatus\0" + bytes(8) + b"\5\3" + text + b"\0\0\x09", stream=1)
                if self._stalls:
                    self._over.wait()


def _messages(read: Callable[[int], bytes]):  # type: ignore[no-untyped-def]
    """Kind and body of each message, put together from its chunks."""
    chunk, heads, parts = 128, {}, {}
    while True:
        first = read(1)[0]
        form, channel = first >> 6, first & 63
        head = read((11, 7, 3, 0)[form])
        length, kind = heads.get(channel, (0, 0))
        if form < 2:
            length, kind = int.from_bytes(head[3:6], "big"), head[6]
        heads[channel] = length, kind
        if form < 3 and head[:3] == b"\xff\xff\xff":
            read(4)
        body = parts.pop(channel, b"")
        body += read(min(chunk, length - len(body)))
        if len(body) < length:
            parts[channel] = body
            continue
        if kind == SET_CHUNK_SIZE:
            chunk = int.from_bytes(body, "big")
        yield kind, body


def _send(publisher: socket.socket, body: bytes, stream: int = 0) -> None:
    """Send one command; it must fit into chunks of 128 bytes."""
    head = b"\3\0\0\0" + len(body).to_bytes(3, "big") + bytes([COMMAND]) + struct.pack("<I", stream)
    chunks = [body[start : start + 128] for start in range(0, len(body), 128)]
    publisher.sendall(head + b"\xc3".join(chunks))


def _pairs(**texts: str) -> bytes:
    return b"".join(
        struct.pack(">H", len(name)) + name.encode() + b"\2" + struct.pack(">H", len(text)) + text.encode()
        for name, text in texts.items()
    )


def _text(body: bytes, at: int) -> str:
    """The AMF string whose type byte is at ``at``."""
    (length,) = struct.unpack_from(">H", body, at + 1)
    return body[at + 3 : at + 3 + length].decode()
