"""Tables: aligned columns, one line a row however narrow the terminal is."""

import pytest

from realtime.commands.table import table


def test_columns_are_aligned_words_left_and_numbers_right() -> None:
    assert table([("a", "1.5"), ("long name", "10")], head=("name", "ms"), numbers=[1]) == (
        "name        ms\na          1.5\nlong name   10"
    )


def test_a_row_stays_one_line_and_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    long = "a path [bold]that is not markup[/bold] " * 9
    assert table([("x", long), ("yy", "z")]) == f"x   {long.rstrip()}\nyy  z"


def test_wide_characters_take_two_columns() -> None:
    assert table([("カメラ", "a"), ("camera", "b")]) == "カメラ  a\ncamera  b"


def test_no_rows_are_no_text() -> None:
    assert table([]) == ""
