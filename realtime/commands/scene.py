"""The scene settings of ``image`` and ``video``: those of ``run`` without the background, which they define."""

from dataclasses import asdict, dataclass
from typing import Annotated

import tyro

from realtime.settings.schema import SceneSettings


@dataclass(frozen=True, kw_only=True)
class OfflineScene(SceneSettings):
    """How the person blends with the background."""

    background: Annotated[str, tyro.conf.Fixed, tyro.conf.Suppress] = SceneSettings.background
    """The command's own --background replaces it."""


def offline_scene(scene: SceneSettings) -> OfflineScene:
    """Return the options with the values of the settings file."""
    return OfflineScene(**asdict(scene))
