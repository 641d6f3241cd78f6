"""A camera that speaks RTSP: one H.264 track, over TCP or UDP, as the player asks.

FFmpeg's player wants five answers (OPTIONS, DESCRIBE, SETUP, PLAY, then packets). The pictures are so small that each
NAL unit fits into one RTP packet (RFC 6184, single NAL unit mode).
"""

import select
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction

import av
import numpy as np

CLOCK_HZ, FPS = 90_000, 25
SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track\r\n"
)


def nal_units(pictures: int) -> Iterator[tuple[int, list[bytes]]]:
    """The NAL units of each picture, all of them key frames, with their number."""
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = 64, 48, "yuv420p"  # type: ignore[attr-defined]
    codec.time_base = Fraction(1, FPS)
    codec.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "1", "x264-params": "slices=1"}
    for index in range(pictures):
        frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 100, np.uint8), "bgr24")
        frame.pts, frame.time_base = index, Fraction(1, FPS)
        for packet in codec.encode(frame):  # type: ignore[attr-defined]
            data = bytes(packet).replace(b"\0\0\0\1", b"\0\0\1")
            yield index, [unit for unit in data.split(b"\0\0\1") if unit]


class RtspCamera:
    """Listens at ``url`` and serves one player after another, each in its turn, until ``close``.

    Args:
        udp: whether it offers UDP; without it, such a player is refused, as many cameras and firewalls do.

    Attributes:
        asked: the Transport lines of all players.
    """

    def __init__(self, *, udp: bool = True) -> None:
        self.asked: list[str] = []
        self._udp = udp
        self._over = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(0.1)
        self.url = f"rtsp://127.0.0.1:{self._server.getsockname()[1]}/live"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._server.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            with suppress(OSError):
                player, _ = self._server.accept()
                player.settimeout(0.1)
                with player:
                    self._converse(player)

    def _converse(self, player: socket.socket) -> None:
        transport = ""
        for verb, headers in self._requests(player):
            extra, body, status = "", "", "200 OK"
            if verb == "OPTIONS":
                extra = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
            elif verb == "DESCRIBE":
                extra, body = "Content-Type: application/sdp\r\n", SDP
            elif verb == "SETUP":
                transport = headers["transport"]
                self.asked.append(transport)
                if "TCP" not in transport and not self._udp:
                    status = "461 Unsupported Transport"
                server_port = "" if "TCP" in transport else ";server_port=9-10"
                extra = f"Transport: {transport.split(',')[0]}{server_port}\r\nSession: 1\r\n"
            elif verb == "TEARDOWN":
                return
            head = f"RTSP/1.0 {status}\r\nCSeq: {headers['cseq']}\r\n{extra}"
            player.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
            if verb == "PLAY":
                self._play(player, transport)

    def _requests(self, player: socket.socket) -> Iterator[tuple[str, dict[str, str]]]:
        data = b""
        while not self._over.is_set():
            with suppress(TimeoutError):
                if not (more := player.recv(4096)):
                    return
                data += more
            while b"\r\n\r\n" in data:
                head, _, data = data.partition(b"\r\n\r\n")
                first, *lines = head.decode("latin-1").split("\r\n")
                pairs = (line.partition(":") for line in lines)
                yield first.split()[0], {name.lower(): value.strip() for name, _, value in pairs}

    def _play(self, player: socket.socket, transport: str) -> None:
        """Send pictures until the player leaves."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            number = 0
            for index, units in nal_units(10_000):
                for unit in units:
                    last = unit is units[-1]
                    time = index * CLOCK_HZ // FPS
                    packet = struct.pack(">BBHII", 0x80, 96 | last << 7, number & 0xFFFF, time, 1) + unit
                    number += 1
                    if "TCP" in transport:
                        player.sendall(b"$\0" + struct.pack(">H", len(packet)) + packet)
                    else:
                        port = int(transport.partition("client_port=")[2].split("-")[0])
                        datagrams.sendto(packet, ("127.0.0.1", port))
                if select.select([player], [], [], 1 / FPS)[0]:
                    said = player.recv(4096)  # its reports do not matter
                    if not said or b"TEARDOWN" in said:
                        return
                if self._over.is_set():
                    return
