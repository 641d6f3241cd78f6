"""Where an image stands in the frame: the text that names it, and what it may not say."""

import pytest

from realtime.errors import SceneError
from realtime.settings.placement import Placement, placement, split


@pytest.mark.parametrize(
    ("spec", "file", "expected"),
    [
        ("logo.png", "logo.png", Placement()),
        ("logo.png:10,20", "logo.png", Placement(x=10, y=20)),
        ("logo.png:-10,0.5", "logo.png", Placement(x=-10, y=0.5)),
        ("logo.png:.5,1.,2", "logo.png", Placement(x=0.5, y=1.0, scale=2.0)),
        ("logo.png:1,1,0.25", "logo.png", Placement(x=1, y=1, scale=0.25)),
        (r"C:\my logos\logo.png:0.0,1.0", r"C:\my logos\logo.png", Placement(x=0.0, y=1.0)),
        ("10:30.png", "10:30.png", Placement()),
        ("a:1,2:3,4", "a:1,2", Placement(x=3, y=4)),
        ("logo.png:1", "logo.png:1", Placement()),
        ("logo.png:1,2,3,4", "logo.png:1,2,3,4", Placement()),
        ("logo.png:a,b", "logo.png:a,b", Placement()),
        ("", "", Placement()),
    ],
)
def test_the_place_follows_the_last_colon(spec: str, file: str, expected: Placement) -> None:
    assert split(spec) == (file, spec.removeprefix(file))
    got = placement(spec)
    assert got == expected
    assert [type(value) for value in (got.x, got.y)] == [type(value) for value in (expected.x, expected.y)]


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        *(("1.5,0", "1.5"), ("0,-0.5", "-0.5"), ("99999,0", "99999"), (f"{'9' * 5000},0", "999")),
        *(("0,0,0", "0"), ("0,0,21", "21"), ("0,0,0.001", "0.001"), ("0,0,-1", "-1")),
    ],
)
def test_a_number_out_of_range_is_named(place: str, fault: str) -> None:
    with pytest.raises(SceneError, match=r"logo\.png:1\.0,0\.0,0\.5") as caught:
        placement(f"logo.png:{place}")
    assert fault in caught.value.what
