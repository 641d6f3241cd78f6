"""Renders the clips of the built-in sample, with their exact mattes, into realtime/capture/sample/.

    python benchmarks/render_sample.py

``person`` is one drawn person who moves; ``--source sample:rendered`` plays it. Its first 24 frames have mattes, which
is what ``greenless bench`` needs: all would be the largest part of the package. ``persons`` are sixteen drawn persons,
one frame each, for ``greenless evaluate --sample`` and ``greenless adapt``. Frames are H.264, mattes are lossless.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

from benchmarks.people.drawn import MOMENT, SEEDS
from benchmarks.people.sample import Rendered, Truth
from realtime.capture.sample_clip import CLIP_FPS, FOLDER
from realtime.frame import Pixels

PERSON_PX, PERSON_FRAMES = (1280, 720), 90
MATTES = 24
PERSONS_PX = (640, 360)


def person() -> Iterator[Truth]:
    """Draw one person for six seconds: a hand crosses, and the eyes close."""
    rendered = Rendered(*PERSON_PX, CLIP_FPS)
    return (rendered.truth(index) for index in range(PERSON_FRAMES))


def persons() -> Iterator[Truth]:
    """Draw two persons of each kind of hair, one frame each."""
    return (Rendered(*PERSONS_PX, seed=seed).truth(MOMENT) for seed in SEEDS)


def write(name: str, truths: Iterable[Truth], size_px: tuple[int, int], crf: int) -> None:
    """Encode frames, and mattes of the first ``MATTES``, into two files with matching positions."""
    rate = Fraction(CLIP_FPS)
    with av.open(str(FOLDER / f"{name}.mp4"), "w") as clip, av.open(str(FOLDER / f"{name}-matte.mp4"), "w") as mattes:
        colour = clip.add_stream("libx264", rate, options={"crf": str(crf), "preset": "veryslow"})
        grey = mattes.add_stream("libx264", rate, options={"qp": "0", "preset": "veryslow"})
        for stream in (colour, grey):
            stream.width, stream.height = size_px
            stream.pix_fmt = "yuv420p"
        colour.codec_context.colorspace, colour.codec_context.color_range = Colorspace.ITU709, ColorRange.MPEG
        for index, truth in enumerate(truths):
            frame = av.VideoFrame.from_ndarray(truth.pixels, "bgr24")
            clip.mux(colour.encode(frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)))
            if index >= MATTES:
                continue
            matte = np.rint(truth.alpha * 255).astype(np.uint8)
            mattes.mux(grey.encode(av.VideoFrame.from_ndarray(_as_luma(matte), "yuv420p")))
        clip.mux(colour.encode())
        mattes.mux(grey.encode())


def _as_luma(matte: Pixels) -> Pixels:
    """Turn ``(H, W) uint8`` into a YUV 4:2:0 frame whose Y is the matte, so that no conversion rounds it."""
    height, width = matte.shape
    return np.concatenate([matte, np.full((height // 2, width), 128, np.uint8)])


def main() -> None:
    """Render both."""
    FOLDER.mkdir(exist_ok=True)
    write("person", person(), PERSON_PX, crf=23)
    write("persons", persons(), PERSONS_PX, crf=16)
    for path in sorted(FOLDER.iterdir()):
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
