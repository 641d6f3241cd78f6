"""A matte that comes down when it is read."""

import numpy as np
import pytest

from realtime.frame import Frame, Matte

torch = pytest.importorskip("torch")

from realtime.gpu import matte as card_matte  # noqa: E402
from realtime.gpu.matte import GpuMatte  # noqa: E402


def frame(captured_s=0.0):
    return Frame(pixels=np.zeros((2, 3, 3), np.uint8), index=4, captured_s=captured_s)


ALPHA = np.array([[0, 0.5, 1], [np.nan, 0.499, 0.501]], np.float32)


@pytest.fixture
def fetches(monkeypatch):
    """How often something was fetched."""
    count = []
    fetched = card_matte.fetched
    monkeypatch.setattr(card_matte, "fetched", lambda there: count.append(1) or fetched(there))
    return count


def test_it_is_fetched_once_and_when_it_is_read(fetches):
    matte = GpuMatte(alpha=torch.from_numpy(ALPHA), frame=frame())
    assert not fetches
    for _ in range(2):
        np.testing.assert_array_equal(matte.alpha, ALPHA)
    assert len(fetches) == 1


def test_in_8_bits_it_is_what_the_processor_makes_of_it(fetches):
    there, here = GpuMatte(alpha=torch.from_numpy(ALPHA), frame=frame()), Matte(alpha=ALPHA, frame=frame())
    np.testing.assert_array_equal(there.alpha8, here.alpha8)
    assert len(fetches) == 1


def test_shown_again_later_it_is_still_there_and_nothing_is_fetched(fetches):
    matte = GpuMatte(alpha=torch.from_numpy(ALPHA), frame=frame())
    again = matte.as_of(7.0)
    assert not fetches
    assert (again.frame.captured_s, again.frame.index, matte.frame.captured_s) == (7.0, 4, 0.0)
    assert again.on_gpu is matte.on_gpu
    np.testing.assert_array_equal(again.alpha, ALPHA)


def test_the_wrong_size_is_refused():
    with pytest.raises(ValueError, match=r"expected alpha \(2, 3\) float32"):
        GpuMatte(alpha=torch.zeros(3, 2), frame=frame())
