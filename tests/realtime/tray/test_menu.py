import itertools
from typing import Any

import pytest

from realtime.tray.menu import LINE, LONGEST, Entry, Situation, headline, icon, menu, short


def state(**changed: Any) -> dict[str, Any]:
    rows = [
        {"spec": "blur", "label": "Blur", "warning": ""},
        {"spec": "none", "label": "None", "warning": "Others see your room as it is."},
        {"spec": "/b/beach.jpg", "label": "beach", "warning": ""},
    ]
    usual = {
        "running": True,
        "shutter_closed": False,
        "settings": {"scene": {"background": "blur"}},
        "presets": [],
        "preset": "",
        "backgrounds": rows,
    }
    return usual | changed


def labels(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.label or "-" for entry in entries]


def entry(situation: Situation, label: str) -> Entry:
    [found] = [entry for entry in menu(situation) if entry.label == label]
    return found


def test_a_run_can_be_controlled() -> None:
    assert labels(menu(Situation(state=state()))) == [
        *("greenless is running", "-"),
        *("Open the control page", "Stop", "Shutter closed", "-", "Background", "-", "Quit"),
    ]


@pytest.mark.parametrize(
    ("situation", "first", "verb", "shown"),
    [
        (Situation(state=state()), "greenless is running", ("stop",), "greenless"),
        (Situation(state=state(running=False)), "Stopped; the camera is closed", ("start",), "greenless-off"),
        (Situation(state=state(shutter_closed=True)), "The shutter is closed", ("stop",), "greenless-off"),
        (Situation(), "greenless is not running", ("start",), "greenless-off"),
        (Situation(starting=True), "greenless is starting", None, "greenless-off"),
        (Situation(error="no camera"), "greenless is not running", ("start",), "greenless-error"),
        (Situation(state=state(), error="no file"), "greenless is running", ("stop",), "greenless-error"),
    ],
)
def test_each_situation_has_its_words_its_verb_and_its_icon(
    situation: Situation, first: str, verb: tuple[str] | None, shown: str
) -> None:
    entries = menu(situation)
    assert entries[0] == Entry(label=first)
    assert headline(situation) == first
    assert [entry.action for entry in entries if entry.label in ("Start", "Stop")] == ([verb] if verb else [])
    assert entries[-1].action == ("quit",)
    assert icon(situation) == shown


@pytest.mark.parametrize("situation", [Situation(), Situation(starting=True), Situation(state=state(), error="x")])
def test_no_line_stands_at_an_end_or_beside_another(situation: Situation) -> None:
    entries = menu(situation)
    assert LINE not in (entries[0], entries[-1])
    assert (LINE, LINE) not in set(itertools.pairwise(entries))


@pytest.mark.parametrize(("closed", "action"), [(False, ("shutter", "close")), (True, ("shutter", "open"))])
def test_the_shutter_says_what_it_is_and_a_click_does_the_other(closed: bool, action: tuple[str, str]) -> None:
    shutter = entry(Situation(state=state(shutter_closed=closed)), "Shutter closed")
    assert (shutter.ticked, shutter.action) == (closed, action)


@pytest.mark.parametrize(
    ("background", "ticked"), [("blur", "Blur"), ("blur:0.8", "Blur"), ("/b/beach.jpg", "beach"), ("#123456", None)]
)
def test_the_background_in_effect_has_the_tick(background: str, ticked: str | None) -> None:
    entries = entry(Situation(state=state(settings={"scene": {"background": background}})), "Background").entries
    assert [each.label for each in entries if each.ticked] == ([ticked] if ticked else [])
    assert all(each.one_of_many for each in entries)


def test_a_background_that_shows_the_room_says_so() -> None:
    assert "None (others see your room as it is)" in labels(entry(Situation(state=state()), "Background").entries)


def test_presets_are_there_if_the_settings_have_some() -> None:
    entries = entry(Situation(state=state(presets=["meeting", "On air"], preset="On air")), "Preset").entries
    assert [(each.label, each.action, each.ticked) for each in entries] == [
        ("meeting", ("preset", "meeting"), False),
        ("On air", ("preset", "On air"), True),
    ]


def test_a_long_error_has_its_whole_text_in_a_submenu() -> None:
    words = [f"word{number}" for number in range(40)]
    shown = menu(Situation(error=" ".join(words)))[1]
    assert len(shown.label) <= LONGEST
    assert shown.label.endswith("…")
    assert " ".join(labels(shown.entries)).split() == words
    assert max(map(len, labels(shown.entries))) <= LONGEST


def test_a_label_is_one_line() -> None:
    assert short("a\n  b") == "a b"
