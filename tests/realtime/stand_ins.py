"""Stand-ins for what a run is made of: a camera, a network, a scene, a sink; and how to wait for what they do.

The camera's pictures are all ``CAMERA``, the scene's all ``ROOM``, so one pixel of ``CAMERA`` behind nobody is a pixel
of the room that got through.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import numpy as np

from realtime.capture.source import Source
from realtime.errors import MatterError, SceneError, SinkError, SourceLost
from realtime.frame import Alpha, CoarseMatte, Composite, Frame, Matte, Pixels
from realtime.loop.failsafe import PAUSED, WAITING
from realtime.media.notice import draw_notice
from realtime.session.session import Session
from realtime.sinks.base import Action

CAMERA, ROOM = 200, 10
WIDTH_PX, HEIGHT_PX = 160, 96
PATIENCE_S = 180.0
"""How long anything may take: no test asks for speed, and the machine may have much else to do."""


def until(condition: Callable[[], object]) -> None:
    """Wait for ``condition``."""
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, "it never came"
        time.sleep(0.01)


def is_held(lock: Any) -> bool:
    """Whether another thread holds a lock."""
    if free := lock.acquire(blocking=False):
        lock.release()
    return not free


@contextmanager
def running(session: Session) -> Iterator[None]:
    """The session runs meanwhile, and has ended afterwards."""
    thread = threading.Thread(target=session.run)
    thread.start()
    try:
        yield
    finally:
        session.quit()
        thread.join(PATIENCE_S)
    assert not thread.is_alive()


def is_notice(picture: Pixels, text: tuple[str, ...]) -> bool:
    """Whether a picture is the notice with this text."""
    return np.array_equal(picture, draw_notice(text, picture.shape[1], picture.shape[0]))


def behind(session: Session) -> list[int]:
    """The colour behind the person of ``Half`` in the newest picture, BGR."""
    composite = session.latest()
    assert composite is not None
    colour: list[int] = composite.pixels[composite.frame.height_px // 2, -4].tolist()
    return colour


def assert_no_camera_pixel(*sinks: "Shown") -> None:
    """Every sink was shown something, and never the camera."""
    for sink in sinks:
        assert sink.pictures
        for picture in sink.pictures:
            assert not (picture == CAMERA).any() or is_notice(picture, PAUSED) or is_notice(picture, WAITING)


class Closes:
    """Counts how often it is closed."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class Camera(Closes):
    """Gives ``frames`` pictures (None: without end), ``fps`` a second; then it ends, or is lost."""

    def __init__(
        self,
        frames: int | None = 10,
        fps: float = 0.0,
        *,
        lost: bool = False,
        live: bool = True,
        name: str = "camera",
        size: tuple[int, int] = (WIDTH_PX, HEIGHT_PX),
        shade: int = CAMERA,
    ) -> None:
        super().__init__()
        self.name, self.fps, self.live, self.shade = name, fps, live, shade
        self.given = 0
        self._frames, self._size = frames, size
        self._lost = lost
        self._over = threading.Event()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Frame:
        if (self.fps and self._over.wait(1 / self.fps)) or self._over.is_set() or self.given == self._frames:
            if self._lost:
                raise SourceLost("the camera was unplugged")
            raise StopIteration
        self.given += 1
        pixels = np.full((self._size[1], self._size[0], 3), self.shade, np.uint8)
        return Frame(pixels=pixels, index=self.given - 1, captured_s=time.perf_counter())

    def pull(self) -> None:
        """Unplug it."""
        self._lost = True
        self._over.set()

    def close(self) -> None:
        super().close()
        self._over.set()


class InStep(Closes):
    """Gives each frame of ``source`` only when the network has the one before, so that none is dropped."""

    def __init__(self, source: Source, matter: Any) -> None:
        super().__init__()
        self.name, self.fps, self.live = source.name, source.fps, source.live
        self._source, self._matte_batch = source, matter.matte_batch
        self._free = threading.Semaphore()
        matter.matte_batch = self._taken

    def _taken(self, frames: Sequence[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
        self._free.release()
        mattes: list[CoarseMatte] = self._matte_batch(frames, size_px)
        return mattes

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Frame:
        assert self._free.acquire(timeout=PATIENCE_S)
        return next(self._source)

    def close(self) -> None:
        super().close()
        self._source.close()
        self._free.release()


class Nobody(Closes):
    """A network that finds nobody, until ``dies`` says so of a frame's index."""

    def __init__(
        self, dies: Callable[[int], bool] = lambda index: False, takes_s: float = 0.0, name: str = "nobody"
    ) -> None:
        super().__init__()
        self.name = name
        self.runs = 0
        self._dies = dies
        self._takes_s = takes_s

    def matte_batch(self, frames: Sequence[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
        assert not self.closed
        self.runs += 1
        time.sleep(self._takes_s)
        if any(self._dies(frame.index) for frame in frames):
            raise MatterError("the network died")
        return [CoarseMatte(alpha=self._alpha(), frame=frame) for frame in frames]

    def _alpha(self) -> Alpha:
        return np.zeros((12, 20), np.float32)


class Half(Nobody):
    """A network that takes the left half for the person."""

    def _alpha(self) -> Alpha:
        alpha = super()._alpha()
        alpha[:, :10] = 1
        return alpha


class Hangs(Half):
    """A network that holds every frame from ``first`` on until it is let go."""

    def __init__(self, first: int = 0) -> None:
        super().__init__(name="hangs")
        self.entered, self.let_go = threading.Event(), threading.Event()
        self._first = first

    def matte_batch(self, frames: Sequence[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
        if frames[0].index >= self._first:
            self.entered.set()
            assert self.let_go.wait(PATIENCE_S)
        return super().matte_batch(frames, size_px)


class Room(Closes):
    """A scene of one shade, slowly written, so that a swap in the middle would show."""

    def __init__(
        self, shade: int = ROOM, fails: Callable[[int], bool] = lambda index: False, takes_s: float = 0.0
    ) -> None:
        super().__init__()
        self.shade = shade
        self._fails = fails
        self._takes_s = takes_s

    def compose(self, matte: Matte) -> Composite:
        if self._fails(matte.frame.index):
            raise SceneError("the background is gone")
        pixels = np.empty_like(matte.frame.pixels)
        for row in pixels:
            row[:] = self.shade
        time.sleep(self._takes_s)
        assert not self.closed
        return Composite(pixels=pixels, matte=matte, person=np.zeros_like(pixels))


class Shown(Closes):
    """A sink that keeps what it was shown; from ``fails_at`` on it fails."""

    def __init__(self, name: str = "shown", fails_at: int | None = None) -> None:
        super().__init__()
        self.name = name
        self.pictures: list[Pixels] = []
        self.composites: list[Composite] = []
        self.fails_at = fails_at

    def send(self, composite: Composite) -> None:
        assert not self.closed
        if self.fails_at is not None and len(self.pictures) >= self.fails_at:
            raise SinkError("the disk is full")
        self.composites.append(composite)
        self.pictures.append(composite.pixels.copy())

    def indices(self) -> list[int]:
        """The numbers of the frames that it was shown."""
        return [composite.frame.index for composite in self.composites]


class Window(Shown):
    """Asks for these actions, one at each pump, from the pump number ``after`` on."""

    def __init__(self, *actions: Action, after: int = 5) -> None:
        super().__init__("window")
        self.threads: set[threading.Thread] = set()
        self._actions: list[Any] = [None] * after + list(actions)

    def pump(self, stats: str) -> list[Action]:
        self.threads.add(threading.current_thread())
        action = self._actions.pop(0) if self._actions else None
        return [action] if action else []
