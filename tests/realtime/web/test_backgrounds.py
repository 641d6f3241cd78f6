"""The rows that stand for backgrounds on the page."""

import pytest

from realtime.web.backgrounds import rows


@pytest.mark.parametrize("current", ["blur", "blur:0.8", "lens", "lens:0.2", "none", "transparent"])
def test_what_is_always_there_is_not_listed_twice(current: str) -> None:
    assert rows([], current) == rows([], "none")


@pytest.mark.parametrize("current", ["screen", "screen:2"])
def test_the_screen_is_no_file(current: str) -> None:
    row = rows([], current)[-1]
    assert (row["spec"], row["label"], row["kind"]) == (current, "Screen", "screen")
    assert row["name"] is row["thumbnail"] is None
