"""The plain scene on a device, against the processor's."""

import numpy as np
import pytest

from benchmarks.people.sample import Truth
from realtime.errors import SceneError
from realtime.frame import Frame, Matte
from realtime.scene.compose import Scene
from realtime.settings.schema import SceneSettings

torch = pytest.importorskip("torch")

from realtime.gpu.matte import GpuMatte  # noqa: E402
from realtime.gpu.memory import frame_on_device, sent  # noqa: E402
from realtime.scene import torch_compose  # noqa: E402


def twins(truth: Truth) -> tuple[Matte, Matte]:
    """The same matte on the device and on the processor."""
    there, here = (Frame(pixels=truth.pixels, index=0, captured_s=0.0) for _ in range(2))
    frame_on_device(there, "cpu")
    return GpuMatte(alpha=sent(truth.alpha, "cpu"), frame=there), Matte(alpha=truth.alpha, frame=here)


@pytest.fixture
def composed(monkeypatch):
    """How often the device's scene was taken."""
    count = []
    compose = torch_compose.GpuScene.compose
    monkeypatch.setattr(
        torch_compose.GpuScene, "compose", lambda *args, **options: count.append(1) or compose(*args, **options)
    )
    return count


@pytest.mark.parametrize("quality", ["fast", "balanced", "best"])
@pytest.mark.parametrize("background", ["#20c040", "transparent", "blur"])
def test_the_composite_is_the_processors(hair, composed, background, quality):
    scene = Scene(SceneSettings(background=background), quality)
    on_gpu, plain = map(scene.compose, twins(hair))
    assert len(composed) == 1
    for ours, theirs in ((on_gpu.pixels, plain.pixels), (on_gpu.foreground, plain.foreground)):
        assert np.abs(ours.astype(int) - theirs).max() <= 1
    assert on_gpu.transparent == plain.transparent


def test_away_from_the_rim_it_is_exact_and_holds_nothing_of_the_room(hair, composed):
    matte, _ = twins(hair)
    composite = Scene(SceneSettings(background="#0000ff")).compose(matte)
    assert (composite.pixels[matte.alpha8 <= 2] == (255, 0, 0)).all()
    assert not composite.foreground[matte.alpha8 <= 2].any()
    inside = matte.alpha8 >= 253
    np.testing.assert_array_equal(composite.pixels[inside], hair.pixels[inside])
    assert composed


def test_what_is_no_number_shows_nothing_of_the_room(hair):
    frame = Frame(pixels=hair.pixels, index=0, captured_s=0.0)
    frame_on_device(frame, "cpu")
    matte = GpuMatte(alpha=torch.full(hair.alpha.shape, float("nan")), frame=frame)
    assert (Scene(SceneSettings(background="#0000ff")).compose(matte).pixels == (255, 0, 0)).all()


@pytest.mark.parametrize(
    "words",
    [
        {"background": "none"},
        {"background": "#20c040", "spill": 0.5},
        {"background": "#20c040", "low_light": 0.5},
        {"background": "#20c040", "light_wrap": 0.5},
        {"background": "#20c040", "linear_light": True},
    ],
)
def test_what_the_device_cannot_do_is_the_processors(hair, composed, words):
    scene = Scene(SceneSettings(**words))
    on_gpu, plain = map(scene.compose, twins(hair))
    assert not composed
    np.testing.assert_array_equal(on_gpu.pixels, plain.pixels)
    np.testing.assert_array_equal(on_gpu.foreground, plain.foreground)


def test_a_still_background_goes_over_once(hair, monkeypatch):
    over = []
    monkeypatch.setattr(torch_compose, "sent", lambda array, device: over.append(1) or sent(array, device))
    scene = Scene(SceneSettings(background="#20c040"))
    for _ in range(3):
        scene.compose(twins(hair)[0])
    assert len(over) == 1


def test_a_device_that_fails_is_a_scene_error(hair, monkeypatch):
    def lost(*args, **options):
        raise RuntimeError("CUDA error: device lost\nmore")

    monkeypatch.setattr(torch_compose, "replayed", lost)
    with pytest.raises(
        SceneError, match=r"compositing a frame of 640x360 failed on the GPU: CUDA error: device lost\. Try"
    ):
        Scene(SceneSettings(background="#20c040")).compose(twins(hair)[0])
