"""The settings tree: frozen, checked when it is made."""

from dataclasses import FrozenInstanceError, fields, replace

import pytest

from realtime.errors import SettingsError
from realtime.settings import CameraSettings, Group, MattingSettings, Settings
from realtime.settings_tree import helps


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
