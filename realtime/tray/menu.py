"""The menu, as data: what it offers for a situation, and what each entry does. No desktop is known here."""

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Literal

Icon = Literal["greenless", "greenless-off", "greenless-error"]
"""A drawing in the folder ``desktop``."""

Action = tuple[str, ...]
"""What a click does: a verb of ``App``, and perhaps the value for it."""

LONGEST = 60
"""Longest label, in characters."""


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What the menu shows."""

    state: dict[str, Any] | None = None
    """The state of the run, as ``/api/state`` gives it; None if there is no run."""

    starting: bool = False
    """Whether a run has been started that does not answer yet."""

    error: str = ""
    """The last error; empty from the next action on."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry of the menu; without a label, a line between others."""

    label: str = ""
    """The text."""

    action: Action | None = None
    """What a click does; None if the entry only shows something."""

    ticked: bool | None = None
    """Whether it has a tick; None for an entry that cannot have one."""

    one_of_many: bool = False
    """Whether only one entry of its menu can have the tick."""

    entries: "tuple[Entry, ...]" = ()
    """The entries of its submenu."""


LINE = Entry()


def menu(situation: Situation) -> tuple[Entry, ...]:
    """Return the menu for a situation."""
    state = situation.state
    shown = [Entry(label=headline(situation))]
    if situation.error:
        whole = wrap(situation.error, LONGEST)
        shown.append(Entry(label=short(situation.error), entries=tuple(Entry(label=line) for line in whole)))
    if state is None:
        begin = [] if situation.starting else [Entry(label="Start", action=("start",))]
        return (*shown, *([LINE, *begin] if begin else []), LINE, Entry(label="Quit", action=("quit",)))
    closed = state["shutter_closed"]
    return (
        *shown,
        LINE,
        Entry(label="Open the control page", action=("page",)),
        Entry(label="Stop", action=("stop",)) if state["running"] else Entry(label="Start", action=("start",)),
        Entry(label="Shutter closed", action=("shutter", "open" if closed else "close"), ticked=closed),
        LINE,
        Entry(label="Background", entries=tuple(_backgrounds(state))),
        *_presets(state),
        LINE,
        Entry(label="Quit", action=("quit",)),
    )


def icon(situation: Situation) -> Icon:
    """Return the icon for a situation: coloured only while outputs may show the camera."""
    if situation.error:
        return "greenless-error"
    state = situation.state
    return "greenless" if state and state["running"] and not state["shutter_closed"] else "greenless-off"


def headline(situation: Situation) -> str:
    """Return the situation in a few words."""
    state = situation.state
    if state is None:
        return "greenless is starting" if situation.starting else "greenless is not running"
    if state["shutter_closed"]:
        return "The shutter is closed"
    return "greenless is running" if state["running"] else "Stopped; the camera is closed"


def short(text: str) -> str:
    """Return the text as one line that fits into a menu."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"


def _inside(sentence: str) -> str:
    """Return a sentence for brackets."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _backgrounds(state: dict[str, Any]) -> Iterator[Entry]:
    current = state["settings"]["scene"]["background"]
    kind = current.partition(":")[0]
    now = kind if kind in ("blur", "lens") else current  # of any strength
    for row in state["backgrounds"]:
        label = f"{row['label']} ({_inside(row['warning'])})" if row["warning"] else row["label"]
        action = ("background", row["spec"])
        yield Entry(label=short(label), action=action, ticked=row["spec"] == now, one_of_many=True)


def _presets(state: dict[str, Any]) -> Iterator[Entry]:
    """Yield the submenu of presets; nothing if there are none."""
    names = state["presets"]
    if names:
        now = state["preset"]
        entries = [Entry(label=short(n), action=("preset", n), ticked=n == now, one_of_many=True) for n in names]
        yield Entry(label="Preset", entries=tuple(entries))
