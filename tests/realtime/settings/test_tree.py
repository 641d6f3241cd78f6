"""The settings as nested tables: laid over and told apart."""

from dataclasses import replace

import pytest

from realtime.errors import SettingsError
from realtime.settings.schema import CameraSettings, SceneSettings, Settings
from realtime.settings.tree import difference, laid_over, unmasked

OWN = Settings(source="sample", camera=CameraSettings(width=640), sink=("null",))


def test_what_is_said_takes_the_place_of_what_was_there_and_the_rest_stays() -> None:
    after = laid_over(OWN, {"scene": {"background": "none"}, "camera": {"fps": 25}, "sink": ["a.mp4"]})
    assert after == replace(
        OWN,
        scene=SceneSettings(background="none"),
        camera=CameraSettings(width=640, fps=25.0),
        sink=("a.mp4",),
    )


@pytest.mark.parametrize("after", [OWN, Settings(), replace(OWN, scene=SceneSettings(background="none"))])
def test_a_difference_laid_over_is_what_it_was_made_from(after: Settings) -> None:
    assert laid_over(Settings(source="x"), difference(Settings(source="x"), after)) == after


def test_a_difference_names_only_what_differs() -> None:
    assert difference(Settings(), OWN) == {"source": "sample", "camera": {"width": 640}, "sink": ["null"]}
    assert difference(OWN, OWN) == {}


@pytest.mark.parametrize(
    ("tables", "key"),
    [
        ({"camera": {"width": 3}}, "camera.width"),
        ({"camera": {"width": "wide"}}, "camera.width"),
        ({"camera": {"widht": 3}}, "camera.widht"),
        ({"camera": 3}, "camera"),
        ({"camra": {"width": 3}}, "camra"),
        ({"sink": [1]}, "sink"),
        ({"camera": {"rotate": 45}}, "camera.rotate"),
        ({"camera": {"rotate": "90"}}, "camera.rotate"),
        ({"camera": {"rotate": False}}, "camera.rotate"),
        ({"camera": {"rotate": 90.0}}, "camera.rotate"),
    ],
)
def test_a_fault_names_its_key(tables: dict[str, object], key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        laid_over(OWN, tables)
    assert caught.value.key == key


def test_two_streams_that_look_alike_keep_their_keys() -> None:
    one, two = "rtmp://a.server/live/hunter2", "rtmp://a.server/live/swordfish"
    before = Settings(sink=("null", one, two))
    assert unmasked(before, {"sink": [*["rtmp://a.server/live/***"] * 2, "film.mp4"]}) == {
        "sink": [one, two, "film.mp4"]
    }
    assert unmasked(before, {"sink": ["null", "rtmp://a.server/live/***"]}) == {"sink": ["null", one]}
