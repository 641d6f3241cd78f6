"""What the key for the next background goes through."""

from pathlib import Path

from realtime.scene.choices import USUAL, Cycle, backgrounds


def test_they_are_never_the_room_and_the_users_own_come_last(greenless_home: Path) -> None:
    folder = greenless_home / "backgrounds"
    folder.mkdir(parents=True)
    (folder / "beach.jpg").touch()
    assert backgrounds("none") == [*USUAL, str(folder / "beach.jpg")]


def test_the_one_to_begin_with_comes_first_and_only_once() -> None:
    assert backgrounds("#123456") == ["#123456", *USUAL]
    assert backgrounds(USUAL[2]) == [USUAL[2], *(name for name in USUAL if name != USUAL[2])]


def test_what_cannot_be_opened_is_passed_over_until_another_is_shown() -> None:
    cycle = Cycle("blur")
    assert cycle.next("blur") == USUAL[1]
    for failed in USUAL[1:3]:
        cycle.passed("blur", failed)
    assert cycle.next("blur") == USUAL[3]
    assert cycle.next(USUAL[3]) == "blur"
    assert cycle.next("blur") == USUAL[1]
