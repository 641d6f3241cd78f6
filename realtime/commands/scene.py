"""The scene's settings as ``image`` and ``video`` take them: all of ``run``'s but the background, which they word."""

from dataclasses import asdict, dataclass
from typing import Annotated

import tyro

from realtime.settings.schema import SceneSettings


@dataclass(frozen=True, kw_only=True)
class OfflineScene(SceneSettings):
    """How the person is fitted in."""

    background: Annotated[str, tyro.conf.Fixed, tyro.conf.Suppress] = SceneSettings.background
    """What the command's own --background says takes its place."""


def offline_scene(scene: SceneSettings) -> OfflineScene:
    """The options as the settings file has them."""
    return OfflineScene(**asdict(scene))
