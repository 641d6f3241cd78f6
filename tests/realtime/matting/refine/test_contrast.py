import numpy as np
import pytest

from realtime.matting.refine.edge import stretch

RAMP = np.linspace(0, 1, 101, dtype=np.float32)[None]


def test_no_points_leave_the_matte_as_it_is():
    assert stretch(RAMP, 0, 1) is RAMP


def test_what_lies_outside_the_points_becomes_nothing_or_full_and_between_them_a_line():
    stretched = stretch(RAMP, 0.2, 0.7)
    assert not stretched[0, :21].any()
    assert (stretched[0, 70:] == 1).all()
    assert stretched[0, 45] == pytest.approx(0.5, abs=1e-5)
    assert stretched.dtype == np.float32


def test_the_matte_that_went_in_is_not_written_into():
    before = RAMP.copy()
    stretch(RAMP, 0.2, 0.7)
    np.testing.assert_array_equal(RAMP, before)
