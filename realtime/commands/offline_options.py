"""``OfflineOptions``: the options that ``image`` and ``video`` have in common."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import tyro

from realtime.commands.common import Common
from realtime.commands.on_ray import OnRay
from realtime.settings.schema import FinishSettings, MattingSettings, SceneSettings, Settings


@dataclass(frozen=True, kw_only=True)
class OfflineScene(SceneSettings):
    """How the person blends with the background."""

    background: Annotated[str, tyro.conf.Fixed, tyro.conf.Suppress] = SceneSettings.background
    """The command's own --background replaces it."""


@dataclass(frozen=True, kw_only=True)
class OfflineOptions:
    """The groups of options of both commands."""

    on_ray: OnRay = OnRay()

    matting: MattingSettings = MattingSettings()

    finish: FinishSettings = FinishSettings()

    scene: OfflineScene = OfflineScene()

    common: Common = Common()


def of_settings(settings: Settings) -> dict[str, Any]:
    """Return the options whose values come from the settings file."""
    scene = OfflineScene(**asdict(settings.scene))
    return {"matting": settings.matting, "finish": settings.finish, "scene": scene}
