"""To a device and back; here it is the processor, which shares no memory with what goes in either."""

import numpy as np
import pytest

from realtime.errors import MatterError
from realtime.frame import Frame

torch = pytest.importorskip("torch")

from realtime.gpu.memory import failing_as, fetched, frame_on_device, sent  # noqa: E402
from realtime.gpu.recorded import replayed  # noqa: E402


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_what_was_sent_comes_back_as_it_was_whatever_happens_to_the_original(kind):
    array = np.arange(24, dtype=kind).reshape(4, 6)
    array.flags.writeable = False
    there = sent(array, "cpu")
    back = fetched(there)
    there.zero_()
    assert back.dtype == kind
    np.testing.assert_array_equal(back, array)
    assert array[3, 5] == 23


def test_a_frame_knows_where_its_pixels_are():
    frame = Frame(pixels=np.full((4, 6, 3), 9, np.uint8), index=0, captured_s=0.0)
    assert frame.on_gpu is None
    there = frame_on_device(frame, "cpu")
    assert frame.on_gpu is there
    assert there.shape == (4, 6, 3)


def test_a_device_that_fails_is_an_error_with_a_cure():
    with pytest.raises(MatterError, match=r"^the matte failed: CUDA out of memory\.\. Try --provider cpu"):  # noqa: SIM117
        with failing_as(MatterError, "the matte failed"):
            raise torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate ...")


def test_a_function_is_kept_for_each_form_and_its_options():
    def scaled(values, *, by):
        return values * by

    first, second = torch.ones(3), torch.full((2, 2), 5.0)
    found = [replayed(scaled, values, by=by).sum().item() for values in (first, second, first + 1) for by in (1, 3)]
    assert found == [3, 9, 20, 60, 6, 18]
