"""``Matting``: the Python API, which ``greenless`` shows. The same stages as ``greenless image`` and ``video``."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Literal

import numpy as np

from realtime.ending import Closing
from realtime.errors import SinkError
from realtime.frame import Alpha, CoarseMatte, Composite, Frame, Matte
from realtime.matting import open_matter
from realtime.matting.matter import Matter
from realtime.matting.refine.fine_edges import FineEdges
from realtime.matting.refine.finish import finished
from realtime.media.image_file import write_picture
from realtime.media.still_image import Part
from realtime.offline.callers_image import AnyImage, Array, CallersImage, callers_image
from realtime.scene.background import Background, StillBackground
from realtime.scene.compose import Scene
from realtime.settings.group import choose
from realtime.settings.schema import FinishSettings, MattingSettings, Quality, SceneSettings


class Matting(Closing):
    """An open matting network.

    Any number of threads may use one instance; the network serves them one after the other. Pickling keeps the
    arguments, and the copy opens the network again.

    Args:
        weights: a name from ``greenless weights list``, or the path of a .onnx, .ckpt or .safetensors file.
        quality: ``best`` also runs images at a smaller and a larger size; ``fast`` refines least.
        reference_size: shorter side of a landscape frame at the network, in px; 0 is the size of the weights.
        runtime: ``auto``, ``onnx``, ``openvino`` or ``torch``.
        provider: ``auto``, ``cpu``, ``cuda`` and others, see ``greenless image --help``.
        precision: number format of the network; ``auto`` is the fastest that this CPU supports.
        threads: CPU threads of the network; 0 is the fastest number for this CPU.

    Raises:
        greenless.GreenlessError: the weights, the runtime or the provider are not available.
    """

    def __init__(
        self,
        *,
        weights: str | PathLike[str] = "greenless-lite",
        quality: Quality = "best",
        reference_size: int = 0,
        runtime: Literal["auto", "onnx", "openvino", "torch"] = "auto",
        provider: str = "auto",
        precision: Literal["auto", "float32", "bfloat16", "int8"] = "auto",
        threads: int = 0,
    ) -> None:
        choose("quality", quality, ("fast", "balanced", "best"))
        choose("runtime", runtime, ("auto", "onnx", "openvino", "torch"))
        settings = MattingSettings(
            weights=fspath(weights),
            reference_size=reference_size,
            runtime=runtime,
            provider=provider,
            precision=precision,
            threads=threads,
        )
        self._open(settings, quality)

    def _open(self, settings: MattingSettings, quality: Quality) -> None:
        self._settings, self._quality = settings, quality
        self._matter = _OneAtATime(open_matter(settings))
        self._closed = False

    @property
    def name(self) -> str:
        """Network, its size, runtime and provider: ``"greenless-lite 512x288, onnx, CPU"``."""
        return self._matter.name

    def alpha(self, image: AnyImage, *, bgr: bool = False) -> Alpha:
        """Return the matte of one image: ``(H, W) float32 in [0, 1]``, 1 for the person.

        Args:
            image: ``PIL.Image``, ``(H, W, 3|4) uint8`` RGB or RGBA, encoded bytes or a path. An image's own alpha
                multiplies the matte.
            bgr: whether arrays are in OpenCV's order.

        Raises:
            ValueError: an array of another shape or dtype.
            greenless.GreenlessError: the image cannot be read, or the network failed.
        """
        return self._matte(callers_image(image, bgr=bgr)).alpha

    def cutout(self, image: AnyImage, *, bgr: bool = False) -> Any:
        """Return the person with straight alpha and without the old background's colour at the edge.

        Args:
            image: as for ``alpha``.
            bgr: as for ``alpha``.

        Returns:
            The image's kind with four channels: a ``PIL.Image`` for an image or a path, ``(H, W, 4) uint8`` RGBA (BGRA
            with ``bgr``) for an array, PNG bytes for bytes.

        Raises:
            ValueError: as for ``alpha``.
            greenless.GreenlessError: as for ``alpha``.
        """
        callers = callers_image(image, bgr=bgr)
        return callers.answer(self._cutout(callers))

    def composite(self, image: AnyImage, background: AnyImage = "blur", *, bgr: bool = False) -> Any:
        """Return the person before another background.

        Args:
            image: as for ``alpha``.
            background: ``blur[:STRENGTH]``, ``lens[:STRENGTH]``, ``#RRGGBB``, or an image of any kind, which is cropped
                to the size of ``image``.
            bgr: whether arrays, the background too, are in OpenCV's order.

        Returns:
            The image's kind, size and number of channels; an alpha channel is opaque.

        Raises:
            ValueError: as for ``alpha``.
            greenless.GreenlessError: as for ``alpha``, or the background cannot be read.
        """
        callers = callers_image(image, bgr=bgr)
        if isinstance(background, (str, PathLike)):
            composite = self._composite(callers, SceneSettings(background=fspath(background)))
        else:
            plate = callers_image(background, bgr=bgr and isinstance(background, np.ndarray)).part.pixels
            settings = SceneSettings()
            composite = self._composite(callers, settings, StillBackground(plate, settings.fit))
        pixels = composite.pixels
        if callers.channels == 4:
            pixels = np.dstack((pixels, np.full(pixels.shape[:2], 255, np.uint8)))
        return callers.answer(pixels)

    def stream(self, frames: Iterable[AnyImage], *, fps: float = 30.0, bgr: bool = False) -> Iterator[Alpha]:
        """Yield the matte of every frame of one clip, in order, without flicker.

        Each call keeps a separate temporal state, so several clips may run at the same time.

        Args:
            frames: the frames, of one size.
            fps: frames per second of the clip.
            bgr: as for ``alpha``.

        Raises:
            ValueError: as for ``alpha``.
            greenless.GreenlessError: as for ``alpha``.
        """
        parts: deque[Part] = deque()

        def read() -> Iterator[Frame]:
            for index, image in enumerate(frames):
                parts.append(callers_image(image, bgr=bgr).part)
                yield Frame(pixels=parts[-1].pixels, index=index, captured_s=index / fps)

        for matte in finished(self._shared(), FinishSettings(), read(), self._quality):
            yield parts.popleft().within(matte).alpha

    def close(self) -> None:
        """Release the network. May be called twice."""
        self._matter.close()
        self._closed = True

    def __getstate__(self) -> dict[str, Any]:
        return {"settings": self._settings, "quality": self._quality}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._open(state["settings"], state["quality"])

    def __repr__(self) -> str:
        return f"Matting({self.name!r}, quality={self._quality!r})"

    def _shared(self) -> Matter:
        if self._closed:
            raise ValueError("this Matting is closed; open another one")
        return self._matter

    def _matte(self, callers: CallersImage) -> Matte:
        matter = self._shared()
        frame = Frame(pixels=callers.part.pixels, index=0, captured_s=0.0)
        sees = FineEdges(matter) if self._quality == "best" else matter
        (matte,) = finished(sees, FinishSettings(), [frame], self._quality)
        return callers.part.within(matte)

    def _cutout(self, callers: CallersImage) -> Array:
        """Return ``(H, W, 4) uint8 BGRA``, straight."""
        composite = self._composite(callers, SceneSettings(background="transparent"))
        return np.dstack((composite.foreground, composite.matte.alpha8))

    def _composite(self, callers: CallersImage, settings: SceneSettings, given: Background | None = None) -> Composite:
        with closing(Scene(settings, self._quality, background=given)) as scene:
            return scene.compose(self._matte(callers))


class _OneAtATime:
    """A ``Matter`` that several threads may use."""

    def __init__(self, matter: Matter) -> None:
        self.name = matter.name
        self._matter = matter
        self._lock = threading.Lock()

    def matte_batch(self, frames: Sequence[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
        with self._lock:
            return self._matter.matte_batch(frames, size_px)

    def close(self) -> None:
        with self._lock:
            self._matter.close()


def remove(image: AnyImage, output: str | PathLike[str] | None = None, *, bgr: bool = False) -> Any:
    """Cut the person out of one image, with the network on board.

    The network opens at the first call and stays open. ``Matting`` has more choices.

    Args:
        image: ``PIL.Image``, ``(H, W, 3|4) uint8``, encoded bytes or a path.
        output: a .png file to write; None returns the cutout.
        bgr: whether arrays are in OpenCV's order.

    Returns:
        The cutout as ``Matting.cutout`` returns it, or the path of the written file.

    Raises:
        ValueError: an array of another shape or dtype.
        greenless.GreenlessError: the image cannot be read, or the file cannot be written.
    """
    if output is None:
        return _on_board().cutout(image, bgr=bgr)
    path = Path(output)
    if path.suffix.lower() != ".png":
        raise SinkError(
            f"expected a .png file, got {path}: it keeps the alpha", cure=f"Name {path.with_suffix('.png')}"
        )
    write_picture(path, _on_board()._cutout(callers_image(image, bgr=bgr)))
    return path


@lru_cache(1)
def _on_board() -> Matting:
    return Matting()
