"""The way over a device, from picture to composite, on the processor: the same steps but for the graph."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.people.sample import Rendered
from models import weights
from realtime.frame import Frame
from realtime.framing.framer import Framer
from realtime.loop.chain import Chain, Stages
from realtime.loop.stats import Stats
from realtime.matting.refine.finish import Finish
from realtime.scene.compose import Scene
from realtime.settings.schema import FinishSettings, LookSettings, SceneSettings

torch = pytest.importorskip("torch")

from realtime.gpu.matte import GpuMatte  # noqa: E402
from realtime.matting.runtimes.torch_matter import TorchMatter  # noqa: E402

LOOK, COLOUR = LookSettings(), SceneSettings(background="#20c040")


@pytest.fixture(scope="module")
def pictures():
    drawn = Rendered(640, 360, seed=2)
    return [drawn.truth(index).pixels for index in (20, 21, 22)]


@pytest.fixture(scope="module")
def matters():
    """The shipped network, over the device and beside it."""
    path = weights.onnx_for(weights.find("greenless-lite")).with_suffix(".safetensors")
    over, direct = (TorchMatter(path, title="lite", reference_px=128, device="cpu", threads=1) for _ in range(2))
    over._on_gpu = over._keeps_frames = True
    return over, direct


def run(matter, pictures, quality="balanced", finish=FinishSettings(), look=LOOK, scene=COLOUR):
    """The composites of a stream, all held."""
    stages = Stages(matter=matter, finish=Finish(finish, quality), look=Framer(look), scene=Scene(scene, quality))
    chain = Chain(stages, Stats())
    frames = [Frame(pixels=pixels, index=index, captured_s=index / 30) for index, pixels in enumerate(pictures)]
    found = [*map(chain.composite, frames), chain.flush()]
    chain.close()
    return [composite for composite in found if composite is not None]


@pytest.mark.parametrize("quality", ["fast", "balanced", "best"])
def test_the_composites_are_the_processors(matters, pictures, quality):
    over, direct = (run(matter, pictures, quality) for matter in matters)
    for ours, theirs in zip(over, direct, strict=True):
        assert isinstance(ours.matte, GpuMatte)
        assert not isinstance(theirs.matte, GpuMatte)
        alphas = 255 * np.abs(ours.matte.alpha - theirs.matte.alpha)
        colours = np.abs(ours.pixels.astype(int) - theirs.pixels)
        assert alphas.mean() < 0.1
        assert np.mean(alphas > 2) < 0.005  # the picture is prepared without OpenCV's rounding
        assert np.mean(colours > 3) < 0.001


def test_only_the_picture_comes_down_where_nobody_asks_for_more(matters, pictures):
    [composite] = run(matters[0], pictures[:1])
    assert "alpha" not in vars(composite.matte)
    assert "foreground" not in vars(composite)


def test_a_composite_that_is_held_is_not_written_over(matters, pictures):
    together = run(matters[0], pictures, "fast")
    for index, held in enumerate(together):
        [alone] = run(matters[0], pictures[index : index + 1], "fast")
        np.testing.assert_array_equal(held.pixels, alone.pixels)
        np.testing.assert_array_equal(held.foreground, alone.foreground)
        np.testing.assert_array_equal(held.matte.alpha, alone.matte.alpha)


def test_with_a_delay_matte_and_picture_are_of_one_frame(matters, pictures):
    delayed = run(matters[0], pictures, "fast", FinishSettings(temporal="ofd"))
    assert [composite.frame.index for composite in delayed] == [0, 1, 2]
    for composite in delayed:
        np.testing.assert_array_equal(composite.frame.pixels, pictures[composite.frame.index])
        np.testing.assert_array_equal(composite.frame.on_gpu.numpy(), composite.frame.pixels)
        inside = composite.matte.alpha8 >= 253
        np.testing.assert_array_equal(composite.pixels[inside], composite.frame.pixels[inside])
    [last] = run(matters[0], pictures[2:], "fast")
    np.testing.assert_array_equal(delayed[2].matte.alpha, last.matte.alpha)


@pytest.mark.parametrize(
    "words",
    [
        {"finish": FinishSettings(grow=3.0)},
        {"finish": FinishSettings(feather=3.0)},
        {"look": replace(LOOK, person_size=0.5)},
        {"scene": replace(COLOUR, spill=0.5)},
        {"scene": replace(COLOUR, background="blur")},
        {"scene": replace(COLOUR, background="none")},
    ],
)
def test_other_settings_give_the_processors_result(matters, pictures, words):
    [ours], [theirs] = (run(matter, pictures[:1], **words) for matter in matters)
    assert np.mean(np.abs(ours.pixels.astype(int) - theirs.pixels) > 3) < 0.001
    assert np.mean(np.abs(ours.foreground.astype(int) - theirs.foreground) > 3) < 0.005
