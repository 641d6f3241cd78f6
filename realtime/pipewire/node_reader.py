"""``NodeReader``: reads the frames of a camera or a screen through PipeWire."""

import threading
import time

from realtime.ending import Closing
from realtime.pipewire import library, pods
from realtime.pipewire.connection import Connection
from realtime.pipewire.pods import PixelFormat, VideoFormat
from realtime.pipewire.raw_frame import RawFrame, copied
from realtime.pipewire.stream import Direction, State, Stream


class NodeReader(Closing):
    """Reads a node. Only the newest frame counts.

    Args:
        connection: an open connection; the reader owns it.
        target: name of the node; empty for ``node``.
        node: number of the node.
        width_px: wanted width.
        height_px: wanted height.
        fps: wanted frame rate.

    Raises:
        OSError: the daemon refuses the stream.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        target: str = "",
        node: int = library.ANY_NODE,
        width_px: int = 1280,
        height_px: int = 720,
        fps: float = 30.0,
    ) -> None:
        self.format: VideoFormat | None = None
        self._closed = False
        self._frame: RawFrame | None = None
        self._changed = threading.Condition()
        wanted = width_px, height_px, fps
        properties = {"media.type": "Video", "media.category": "Capture", "media.role": "Camera"}
        self._stream = Stream(
            connection,
            Direction.INPUT,
            name="greenless",
            properties=properties
            | {"node.name": "greenless-source", "node.dont-reconnect": "true"}
            | ({"target.object": target} if target else {}),
            # Motion JPEG first: many cameras give large sizes raw at a few frames per second only.
            formats=[pods.wanted_format((), *wanted), pods.wanted_format(tuple(PixelFormat), *wanted)],
            flags=library.AUTOCONNECT | library.MAP_BUFFERS,
            node=node,
            on_state=self._on_state,
            on_format=self._on_format,
            on_frame=self._on_frame,
        )

    @property
    def _over(self) -> bool:
        return self._closed or bool(self.lost)

    @property
    def lost(self) -> str:
        """Why no more frames come; empty while they do."""
        return self._stream.lost

    def read(self, timeout_s: float) -> RawFrame | None:
        """Wait for a frame that was not returned before; None if none came in time, or the node is lost or
        closed."""
        end_s = time.monotonic() + timeout_s
        with self._changed:
            while self._frame is None and not self._over and (rest_s := end_s - time.monotonic()) > 0:
                self._changed.wait(rest_s)
            frame, self._frame = self._frame, None
        return frame

    def close(self) -> None:
        """Stop reading. May be called twice."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._stream.close()

    def _on_state(self, before: State, after: State) -> None:
        with self._changed:
            self._changed.notify_all()

    def _on_format(self, pod: bytes) -> bytes:
        self.format = pods.read_format(pod)
        return pods.any_buffers()

    def _on_frame(self) -> None:
        newest = None
        while (buffer := self._stream.dequeue()) is not None:
            if newest is not None:
                self._stream.queue(newest)
            newest = buffer
        if newest is None:
            return
        frame = copied(newest.contents.buffer.contents, self.format) if self.format is not None else None
        self._stream.queue(newest)
        if frame is not None:
            with self._changed:
                self._frame = frame
                self._changed.notify_all()
