"""Which backgrounds can be chosen, by the key for the next one and on the page."""

from pathlib import Path

from realtime.scene.choices import USUAL, Cycle, backgrounds
from realtime.web.backgrounds import rows


def test_they_are_never_the_room_and_the_users_own_come_last(greenless_home: Path) -> None:
    folder = greenless_home / "backgrounds"
    folder.mkdir(parents=True)
    (folder / "beach.jpg").touch()
    assert backgrounds("none") == [*USUAL, str(folder / "beach.jpg")]


def test_the_key_and_the_page_offer_the_same_files_and_only_backgrounds(greenless_home: Path) -> None:
    folder = greenless_home / "backgrounds"
    (folder / "sub.jpg").mkdir(parents=True)
    for name in (
        "Beach.JPG",
        "waves.mp4",
        ".DS_Store",
        "Thumbs.db",
        ".0123456789abcdef.part",
        "up.0123.part",
        ".a.png",
    ):
        (folder / name).touch()
    own = [str(folder / "Beach.JPG"), str(folder / "waves.mp4")]
    assert backgrounds("none")[len(USUAL) :] == own
    assert [row["spec"] for row in rows(folder, "none") if row["name"]] == own


def test_the_first_one_comes_first_and_only_once() -> None:
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
