"""``Ndi``: the sink that sends composites over the network to programs that receive NDI (OBS, vMix, TriCaster)."""

import importlib
from fractions import Fraction
from typing import Any

import numpy as np

from realtime.errors import SinkError, from_extra
from realtime.frame import Composite
from realtime.sinks.base import Sink
from realtime.sinks.straight import straight


class Ndi(Sink):
    """An NDI source of straight BGRA frames at the composites' size; opaque if a composite has a background.

    Args:
        name: name of the source; other programs list it after the machine's name.
        width_px: width of the first composite.
        height_px: height of the first composite.
        fps: nominal frame rate.

    Raises:
        MissingExtra: cyndilib is not installed.
        SinkError: the NDI library cannot be loaded, or the source cannot be opened.
    """

    def __init__(self, name: str, *, width_px: int, height_px: int, fps: float) -> None:
        try:
            with from_extra("ndi"):
                self._ndi = importlib.import_module("cyndilib")
        except (ImportError, OSError) as error:
            cure = "Install NDI from https://ndi.video/tools; it has its own licence"
            raise SinkError(f"the NDI library cannot be loaded: {error}", cure=cure) from error
        self._label, self._fps = name, fps
        self._sender: Any = None
        self._open(width_px, height_px)

    def send(self, composite: Composite) -> None:
        """Send one composite.

        Raises:
            SinkError: the NDI library reports an error.
        """
        pixels = straight(composite)
        if (size_px := pixels.shape[1::-1]) != self._size_px:
            self.close()
            self._open(*size_px)
        try:
            self._sender.write_video(np.ascontiguousarray(pixels).reshape(-1))
        except Exception as error:  # cyndilib's errors have no common base
            raise SinkError(f"cannot send to {self.name}: {error}", cure="Start greenless again") from error

    def close(self) -> None:
        """Take the source off the network. May be called twice."""
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.close()

    def _open(self, width_px: int, height_px: int) -> None:
        self._size_px = width_px, height_px
        self.name = f"NDI {self._label}, {width_px}x{height_px}"
        try:
            frame = self._ndi.VideoSendFrame()
            frame.set_resolution(width_px, height_px)
            frame.set_frame_rate(Fraction(self._fps).limit_denominator(1001))
            frame.set_fourcc(self._ndi.FourCC.BGRA)
            self._sender = self._ndi.Sender(self._label, clock_video=False)
            self._sender.set_video_frame(frame)
            self._sender.open()
        except Exception as error:  # cyndilib's errors have no common base
            raise SinkError(
                f"cannot open the NDI source {self._label}: {error}", cure="Try another name: --sink ndi:NAME"
            ) from error
