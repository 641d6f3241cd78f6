"""Receives a stream for ``streams.py``: prints its URL, then the time and the grey of the corner of each frame.

python benchmarks/streams_reader.py rtmp|rtsp|srt|whip PORT
"""

import asyncio
import subprocess
import sys
import time
from typing import Any

LISTEN = {
    "rtmp": (["-listen", "1", "-i", "rtmp://127.0.0.1:{port}/live/key"], "rtmp://127.0.0.1:{port}/live/key"),
    "rtsp": (["-rtsp_flags", "listen", "-i", "rtsp://127.0.0.1:{port}/live"], "rtsp://127.0.0.1:{port}/live"),
    "srt": (["-i", "srt://127.0.0.1:{port}?mode=listener"], "srt://127.0.0.1:{port}"),
}
AT_ONCE = ["-fflags", "nobuffer", "-flags", "low_delay", "-probesize", "100000", "-analyzeduration", "500000"]
"""MPEG-TS names its tracks twice a second; with less of it, ffmpeg finds none."""

CORNER_PX = 16


def main(kind: str, port: int) -> None:
    """Receive one stream."""
    if kind == "whip":
        _whip(port)
        return
    words, url = LISTEN[kind]
    print(url.format(port=port), flush=True)
    command = ["ffmpeg", "-loglevel", "error", *AT_ONCE, *(word.format(port=port) for word in words)]
    size = CORNER_PX * CORNER_PX
    output = ["-vf", f"crop={CORNER_PX}:{CORNER_PX}:8:8", "-pix_fmt", "gray", "-f", "rawvideo"]
    output += ["-fps_mode", "passthrough", "-flush_packets", "1", "-"]
    with subprocess.Popen([*command, *output], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            while len(data := process.stdout.read(size)) == size:
                print(time.monotonic(), round((data[size // 2] - 16) * 255 / 219), flush=True)  # limited range
        finally:
            process.kill()


def _whip(port: int) -> None:
    import uvicorn
    from aiortc import RTCPeerConnection, RTCSessionDescription
    from aiortc.mediastreams import MediaStreamError
    from av import VideoFrame
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    kept: set[Any] = set()

    async def receive(track: Any) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, VideoFrame):
                corner = memoryview(frame.planes[0])
                at = 8 * frame.planes[0].line_size + 8
                print(time.monotonic(), round((corner[at] - 16) * 255 / 219), flush=True)

    async def offer(request: Request) -> Response:
        peer = RTCPeerConnection()
        kept.add(peer)
        peer.on("track", lambda track: kept.add(asyncio.ensure_future(receive(track))))
        await peer.setRemoteDescription(RTCSessionDescription((await request.body()).decode(), "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        return Response(peer.localDescription.sdp, status_code=201, headers={"Content-Type": "application/sdp"})

    print(f"whip:http://127.0.0.1:{port}/live/whip", flush=True)
    routes = [Route("/live/whip", offer, methods=["POST"])]
    uvicorn.run(Starlette(routes=routes), port=port, log_level="error", lifespan="off", ws="none")


if __name__ == "__main__":
    import signal

    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    main(sys.argv[1], int(sys.argv[2]))
