"""What every matter keeps to; see ``realtime.matting.matter``."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realtime.frame import Frame
from realtime.matting import open_matter
from realtime.matting.matter import Matter
from realtime.settings.schema import MattingSettings

torch = pytest.importorskip("torch")

from models.lite import Lite  # noqa: E402


@pytest.fixture(scope="module")
def weights(save_twins: Callable[[Any], Path]) -> Path:
    """A random network as ONNX, and its twin for PyTorch."""
    torch.manual_seed(3)
    return save_twins(Lite().eval()).with_suffix(".onnx")


@pytest.fixture(scope="module", params=["onnx", "openvino", "torch"])
def runtime(request: pytest.FixtureRequest) -> str:
    pytest.importorskip({"onnx": "onnxruntime"}.get(request.param, request.param))
    return str(request.param)


def opened(weights: Path, runtime: str) -> Matter:
    settings = MattingSettings(weights=str(weights), runtime=runtime, provider="cpu", reference_size=64)
    return open_matter(settings, width_px=96, height_px=64)


@pytest.fixture(scope="module")
def matter(weights: Path, runtime: str) -> Iterator[Matter]:
    """One for all tests: it keeps nothing of the frames before."""
    with closing(opened(weights, runtime)) as matter:
        yield matter


def frame(index: int, width_px: int, height_px: int) -> Frame:
    pixels = np.random.default_rng(index).integers(0, 256, (height_px, width_px, 3), np.uint8)
    pixels.flags.writeable = False
    return Frame(pixels=pixels, index=index, captured_s=0.0)


class TestEveryMatter:
    def test_gives_each_frame_its_own_matte_in_order(self, matter: Matter) -> None:
        frames = [frame(0, 96, 64), frame(1, 75, 131), frame(2, 96, 64), frame(3, 1, 1)]
        mattes = matter.matte_batch(frames)
        assert [matte.frame for matte in mattes] == frames
        for matte in mattes:
            assert all(side % 32 == 0 for side in matte.alpha.shape)
            assert matte.alpha.min() >= 0
            assert matte.alpha.max() <= 1

    def test_knows_nothing_of_the_frames_before(self, matter: Matter) -> None:
        [alone] = matter.matte_batch([frame(0, 96, 64)])
        kept = alone.alpha.copy()
        _, again = matter.matte_batch([frame(1, 96, 64), frame(0, 96, 64)])
        np.testing.assert_array_equal(alone.alpha, kept)  # no buffer of the network's is handed on
        np.testing.assert_allclose(again.alpha, kept, atol=1e-4)

    def test_sees_a_frame_at_the_size_that_is_asked_for(self, matter: Matter) -> None:
        [matte] = matter.matte_batch([frame(0, 96, 64)], (32, 64))
        assert matte.alpha.shape == (64, 32)

    def test_takes_no_frames(self, matter: Matter) -> None:
        assert matter.matte_batch([]) == []

    def test_names_the_network_the_size_and_what_really_runs_it(self, weights: Path, runtime: str) -> None:
        with closing(opened(weights, runtime)) as matter:
            assert matter.name.startswith("random 96x64, ")
            assert matter.name.endswith("CPU")

    def test_closes_twice(self, weights: Path, runtime: str) -> None:
        matter = opened(weights, runtime)
        matter.close()
        matter.close()
