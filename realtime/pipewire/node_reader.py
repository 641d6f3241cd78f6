"""``NodeReader``: reads the frames of a camera or a screen through PipeWire."""

import threading

from realtime.pipewire import library, pods
from realtime.pipewire.connection import Connection
from realtime.pipewire.pods import PixelFormat, VideoFormat
from realtime.pipewire.raw_frame import RawFrame, copied
from realtime.pipewire.stream import State, Stream


class NodeReader(Stream):
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
        self._frame: RawFrame | None = None
        self._changed = threading.Condition()
        wanted = width_px, height_px, fps
        properties = {"media.type": "Video", "media.category": "Capture", "media.role": "Camera"}
        super().__init__(
            connection,
            library.INPUT,
            name="greenless",
            properties=properties
            | {"node.name": "greenless-source", "node.dont-reconnect": "true"}
            | ({"target.object": target} if target else {}),
            # Motion JPEG first: many cameras give large sizes raw at a few frames per second only.
            formats=[pods.wanted_format((), *wanted), pods.wanted_format(tuple(PixelFormat), *wanted)],
            flags=library.AUTOCONNECT | library.MAP_BUFFERS,
            node=node,
        )

    def read(self, timeout_s: float) -> RawFrame | None:
        """Wait for a frame that was not returned before; None if none came in time, or the node is lost or
        closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame or self.lost or self._handle is None, timeout_s)
            frame, self._frame = self._frame, None
        return frame

    def close(self) -> None:
        """Stop reading. May be called twice."""
        super().close()
        with self._changed:
            self._changed.notify_all()

    def on_state(self, before: State, after: State) -> None:
        """Wake the reader, because the node may be lost."""
        with self._changed:
            self._changed.notify_all()

    def on_format(self, pod: bytes) -> bytes:
        """Remember the format; any buffers will do."""
        self.format = pods.read_format(pod)
        return pods.any_buffers()

    def on_frame(self) -> None:
        """Keep the newest frame."""
        newest = None
        while (buffer := self.dequeue()) is not None:
            if newest is not None:
                self.queue(newest)
            newest = buffer
        if newest is None:
            return
        frame = copied(newest.contents.buffer.contents, self.format) if self.format is not None else None
        self.queue(newest)
        if frame is not None:
            with self._changed:
                self._frame = frame
                self._changed.notify_all()
