"""A web page that opens a camera and sends its pixels to the server that it came from."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

POINTS = ((0.02, 0.02), (0.98, 0.02), (0.02, 0.3), (0.98, 0.3), (0.5, 0.6))
"""Where the page looks, as shares of width and height: four at the edges, then one inside."""

PAGE = """
<!doctype html><title>camera</title><video autoplay muted playsinline></video><script>
const post = body => fetch('/', {method: 'POST', body: JSON.stringify(body)});
// If the camera gives nothing, load the page again, as a person would.
const impatient = setTimeout(() => location.reload(), 50000);
const video = document.querySelector('video'), canvas = document.createElement('canvas');
const pixel = ([x, y]) => [...canvas.getContext('2d').getImageData(
  Math.floor(canvas.width * x), Math.floor(canvas.height * y), 1, 1).data].slice(0, 3);
async function look() {
  const stream = await navigator.mediaDevices.getUserMedia({video: true});
  video.srcObject = stream;
  await video.play();
  clearTimeout(impatient);
  for (;;) {
    canvas.width = video.videoWidth; canvas.height = video.videoHeight;
    canvas.getContext('2d').drawImage(video, 0, 0);
    await post({label: stream.getVideoTracks()[0].label, pixels: POINTS.map(pixel)});
    await new Promise(done => setTimeout(done, 100));
  }
}
// A browser knows the cameras some time after its start.
const again = error => post({error: String(error)}).then(() => setTimeout(() => look().catch(again), 500));
look().catch(again);
</script>
"""


class Look(NamedTuple):
    """What the page saw once."""

    label: str
    """The camera's name."""

    pixels: list[list[int]]
    """Red, green and blue at each of ``POINTS``."""


class Page:
    """The page's address, and what it has seen."""

    def __init__(self, port: int) -> None:
        self.url = f"http://localhost:{port}/"  # browsers let only https and this machine use cameras
        self.looks: list[Look] = []
        self.errors: list[str] = []


@contextmanager
def served() -> Iterator[Page]:
    """Serve the page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(PAGE.replace("POINTS", json.dumps(POINTS)).encode())

        def do_POST(self) -> None:
            said: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if "error" in said:
                page.errors.append(said["error"])
            else:
                page.looks.append(Look(**said))
            self._answer(b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

        def _answer(self, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        page = Page(server.server_port)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield page
        finally:
            server.shutdown()
            thread.join()
