"""Adds a source to OBS Studio through obs-websocket."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from models.shown import printable, shown
from realtime.errors import ControlError
from realtime.web.obs_sources import BROWSER_KIND, OFFERS, ObsSource
from realtime.web.obs_websocket import Ask, opened


@dataclass(frozen=True, kw_only=True)
class Made:
    """What ``make`` did."""

    done: Literal["made", "changed"]
    """Whether the source is new."""

    scene: str
    """The scene that was named, else the current one."""

    there: bool
    """Whether that scene has the source."""


def make(source: ObsSource, *, name: str, url: str, password: str, scene: str = "") -> Made:
    """Create the source in a scene, or update the source of that name and put it into the scene.

    Args:
        source: what to show.
        name: name of the source in OBS.
        url: the address of obs-websocket: ``ws://127.0.0.1:4455``.
        password: its password; empty if it needs none.
        scene: the scene. If empty, a new source goes into the current scene, and an existing one stays where it is.

    Raises:
        ControlError: OBS is not there, does not answer or refuses; it has no such kind of source or no such scene.
    """
    with opened(url, password) as ask:
        _check_kind(source.kind, ask("GetInputKindList", unversioned=True)["inputKinds"])
        scenes = ask("GetSceneList")
        _check_scene(scene, [row["sceneName"] for row in reversed(scenes["scenes"])])  # OBS lists from the bottom
        target = scene or scenes["currentProgramSceneName"]
        if not _change(ask, source, name):
            given = {"inputName": name, "inputKind": source.kind, "inputSettings": source.settings}
            ask("CreateInput", sceneName=target, sceneItemEnabled=True, **given)
            return Made(done="made", scene=target, there=True)
        items = _items(ask, name, target)
        if scene:
            _show(ask, name, scene, items)
        return Made(done="changed", scene=target, there=bool(scene or items))


def _check_kind(kind: str, kinds: Sequence[str]) -> None:
    if kind in kinds:
        return
    if kind != BROWSER_KIND:
        raise ControlError(f"this OBS has no source of the kind {kind}", cure="Install the plugins of OBS")
    offers = [how for each, how in OFFERS.items() if each in kinds]
    raise ControlError(
        "this OBS has no browser source; Debian's package leaves it out",
        cure=(f"What works here: {'; '.join(offers)}. " if offers else "")
        + "OBS from https://obsproject.com has a browser source",
    )


def _check_scene(scene: str, scenes: Sequence[str]) -> None:
    if scene and scene not in scenes:
        raise ControlError(f"OBS has no scene {shown(scene)}", cure=f"Its scenes are: {printable(', '.join(scenes))}")


def _change(ask: Ask, source: ObsSource, name: str) -> bool:
    """Update the source of that name; return whether there is one."""
    rows = {row["inputName"]: row["unversionedInputKind"] for row in ask("GetInputList")["inputs"]}
    if name not in rows:
        return False
    if rows[name] != source.kind:
        what = f"OBS already has a source {shown(name)} of the kind {rows[name]}"
        raise ControlError(what, cure="Choose another name with --name")
    ask("SetInputSettings", inputName=name, inputSettings=source.settings)
    return True


def _items(ask: Ask, name: str, scene: str) -> list[int]:
    """Return the numbers of the source's items in a scene."""
    rows = ask("GetSceneItemList", sceneName=scene)["sceneItems"]
    return [row["sceneItemId"] for row in rows if row["sourceName"] == name]


def _show(ask: Ask, name: str, scene: str, items: Sequence[int]) -> None:
    """Put the source into a scene; if it is there already, make it visible."""
    if not items:
        ask("CreateSceneItem", sceneName=scene, sourceName=name, sceneItemEnabled=True)
    for item in items:
        ask("SetSceneItemEnabled", sceneName=scene, sceneItemId=item, sceneItemEnabled=True)
