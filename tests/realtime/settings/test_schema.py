"""The settings tree: frozen, checked when it is made."""

from dataclasses import FrozenInstanceError, fields, replace

import pytest

from realtime.errors import SettingsError
from realtime.settings.group import Group
from realtime.settings.schema import PIXEL_FORMATS, CameraSettings, ControlSettings, MattingSettings, Settings
from realtime.settings.tree import helps


@pytest.mark.parametrize(
    ("group", "field", "value"),
    [
        (CameraSettings, "width", 15),
        (CameraSettings, "height", 4321),
        (CameraSettings, "fps", 0.5),
        (CameraSettings, "fps", float("nan")),
        (MattingSettings, "reference_size", -1),
        (MattingSettings, "threads", 257),
    ],
)
def test_a_value_out_of_range_is_an_error_that_names_field_range_and_value(
    group: type[Group], field: str, value: float
) -> None:
    with pytest.raises(SettingsError, match=rf"expected {field} from \d+ to \d+.*, got {value}"):
        group(**{field: value})


@pytest.mark.parametrize(
    ("group", "field", "value", "message"),
    [
        (CameraSettings, "pixel_format", "xyz", r"pixel_format to be one of MJPG, YUYV, .*nothing, got 'xyz'"),
        (CameraSettings, "pixel_format", "MJPGX", "pixel_format to be one of MJPG, .*got 'MJPGX'"),
        (CameraSettings, "pixel_format", "äöüß", "pixel_format to be one of MJPG, .*got 'äöüß'"),
        (MattingSettings, "provider", "CUDA", "provider to be one of auto, cpu, cuda, .*got 'CUDA'"),
        (MattingSettings, "provider", "gpu", "provider to be one of auto, cpu, cuda, .*got 'gpu'"),
        (MattingSettings, "provider", "", "provider to be one of auto, .*got ''"),
        (MattingSettings, "reference_size", 1, "reference_size 0 or from 32 to 2048 px, got 1"),
        (MattingSettings, "reference_size", 31, "reference_size 0 or from 32 to 2048 px, got 31"),
        (ControlSettings, "host", "", "an address as host, got ''.*0.0.0.0"),
        (ControlSettings, "host", " ", "an address as host, got ' '"),
        (Settings, "sink", ("a.mp4", "null", "a.mp4"), "every sink once, got a.mp4 twice"),
    ],
)
def test_what_makes_no_sense_is_an_error_that_names_what_does(
    group: type[Group], field: str, value: object, message: str
) -> None:
    with pytest.raises(SettingsError, match=f"expected {message}") as refused:
        group(**{field: value})
    assert refused.value.key == field


def test_pixel_formats_are_taken_in_either_case() -> None:
    assert CameraSettings(pixel_format="yuyv").pixel_format == "yuyv"
    assert [CameraSettings(pixel_format=name).pixel_format for name in PIXEL_FORMATS] == list(PIXEL_FORMATS)
    assert MattingSettings(reference_size=32).reference_size == 32


def test_the_ends_of_a_range_are_inside() -> None:
    assert CameraSettings(width=16, height=4320, fps=240).width == 16


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().source = "sample"  # type: ignore[misc]


@pytest.mark.parametrize("group", [Settings(), *(v for f in fields(Settings) if isinstance(v := f.default, Group))])
def test_every_field_carries_its_help(group: Group) -> None:
    plain = {f.name for f in fields(group) if not isinstance(getattr(group, f.name), Group)}
    assert helps(type(group)).keys() >= plain


@pytest.mark.parametrize(
    "group", [Settings, *(type(f.default) for f in fields(Settings) if isinstance(f.default, Group))]
)
def test_the_help_names_no_flags(group: type[Group]) -> None:
    """It is read on the control page and in the settings file as well."""
    assert [name for name, text in helps(group).items() if "--" in text] == []


def test_replacing_a_group_leaves_the_others() -> None:
    settings = replace(Settings(), camera=CameraSettings(width=640))
    assert settings.matting == Settings().matting
