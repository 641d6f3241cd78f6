"""``CameraNode``: a camera that any number of programs read through PipeWire."""

import ctypes
import time

import numpy as np
import numpy.typing as npt

from realtime.pipewire import library, pods
from realtime.pipewire.connection import Connection
from realtime.pipewire.stream import State, Stream

OWN: set[str] = set()
"""Names of the nodes of this process."""

STARVED_S = 0.5
"""Programs that hold every buffer for this long hang or were killed."""


class CameraNode(Stream):
    """A camera node of one size, rate and format: I420, BT.601, limited range.

    libwebrtc (Chromium, Firefox) ignores nodes without a description and the role of a camera.

    Args:
        name: of the camera, as programs list it.
        width_px: a multiple of 8, because readers round the stride of chroma up to four bytes.
        height_px: even.
        fps: the rate that programs see.

    Raises:
        OSError: the library or the daemon is missing, or the daemon refuses the node.
    """

    def __init__(self, name: str, *, width_px: int, height_px: int, fps: float) -> None:
        if width_px % 8 or height_px % 2:
            raise ValueError(f"expected a width of whole eights and an even height, got {width_px}x{height_px}")
        self._stride, self._size = width_px, width_px * height_px * 3 // 2
        self._name = name
        self._free_s = time.monotonic()
        super().__init__(
            Connection(),
            library.OUTPUT,
            name=name,
            properties={
                "media.class": "Video/Source",
                "media.role": "Camera",
                "node.name": name,
                "node.description": name,
            },
            formats=[pods.video_format(pods.PixelFormat.I420, width_px, height_px, fps)],
            flags=library.DRIVER | library.MAP_BUFFERS,
        )
        OWN.add(name)

    @property
    def watched(self) -> bool:
        """Whether a program reads the camera now."""
        return self.state == State.STREAMING

    def send(self, planes: npt.NDArray[np.uint8]) -> None:
        """Give the programs a frame, or drop it if nobody reads. It never waits for a program.

        Args:
            planes: contiguous ``(H * 3 / 2, W) uint8``: Y, then U and V.
        """
        if planes.nbytes != self._size or not planes.flags.c_contiguous:
            raise ValueError(f"expected {self._size} contiguous bytes, got {planes.shape = }")
        with self.locked() as is_open:
            # Asked under the lock: a frame queued after the last program left would greet the next one.
            if not is_open or not self.watched:
                return
            if (buffer := self._free_buffer()) is not None:
                block = buffer.contents.buffer.contents.datas[0]
                ctypes.memmove(block.data, planes.ctypes.data, self._size)
                block.chunk[0] = library.Chunk(offset=0, size=self._size, stride=self._stride, flags=0)
                self.queue(buffer)
            self.trigger()

    def close(self) -> None:
        """Remove the camera. May be called twice."""
        super().close()
        OWN.discard(self._name)

    def on_state(self, before: State, after: State) -> None:
        """Drop what nobody read: it is too old for the next program."""
        if before == State.STREAMING:
            self._library.pw_stream_flush(self._handle, False)
            self.reclaim()

    def on_format(self, pod: bytes) -> bytes:
        """Request buffers that hold one frame."""
        return pods.buffers(self._size, self._stride)

    def _free_buffer(self) -> "ctypes._Pointer[library.Buffer] | None":
        """Take a buffer that nobody holds; None if there is none yet."""
        now_s = time.monotonic()
        if (buffer := self.dequeue()) is None and now_s - self._free_s > STARVED_S:
            self.reclaim()
            buffer = self.dequeue()
        if buffer is not None:
            self._free_s = now_s
        return buffer
