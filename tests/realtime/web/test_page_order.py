"""The control page under fast hands, in a real Chromium: the last wish is in effect and shown."""

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.realtime.web.conftest import Served, opened, until
from tests.realtime.web.on_page import open_page, until_state
from tests.realtime.web.test_page import set_to

TILES = ("blur", "lens", "#00b140", "#2b3a42", "#e8e4dc", "transparent", "none")
SEQUENCES = 12

CLICKS = """async ([specs, gaps, closes]) => {
  for (const [place, spec] of specs.entries()) {
    document.querySelector(`[data-spec="${spec}"]`).click();
    if (place === closes && document.getElementById('shutter').textContent === 'Close shutter') {
      document.getElementById('shutter').click();
    }
    if (gaps[place]) await new Promise((done) => setTimeout(done, gaps[place]));
  }
}"""
"""JavaScript of a hand that clicks tiles, gaps in ms apart, and once closes the shutter."""


@pytest.fixture(scope="module")
def _browser() -> Iterator[Any]:
    with opened("--disable-gpu") as browser:
        yield browser


@pytest.fixture
def slow(flowing: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    """Changes take a while, now more and now less."""
    takes, change = random.Random(1), flowing.session.change

    def slowly(tables: Any) -> Any:
        time.sleep(takes.uniform(0, 0.01))
        settings = change(tables)
        time.sleep(takes.uniform(0, 0.01))
        return settings

    monkeypatch.setattr(flowing.session, "change", slowly)
    return flowing


def chosen(spec: str) -> str:
    """JavaScript for whether that tile alone is shown as chosen."""
    pressed = "[...document.querySelectorAll('.tile [aria-pressed=true]')].map((tile) => tile.dataset.spec).join()"
    return f"{pressed} === '{spec}'"


def settle(page: Any) -> None:
    """Let the page take in what has reached it: its events come in their order."""
    page.evaluate("() => new Promise((done) => setTimeout(done, 50))")


@pytest.mark.slow
def test_of_many_fast_clicks_the_last_is_in_effect_and_shown(slow: Served, chromium: Any) -> None:
    hand = random.Random(0)
    page = chromium.new_page()
    open_page(page, slow)
    for _ in range(SEQUENCES):
        specs = hand.choices(TILES, k=hand.randint(3, 9))
        page.evaluate(
            CLICKS, [specs, [hand.choice([0, hand.uniform(0, 10)]) for _ in specs], hand.randrange(len(specs))]
        )
        until(page, chosen(specs[-1]))
        until_state(page, slow, lambda now, last=specs[-1]: now["settings"]["scene"]["background"] == last)
        until(page, "document.getElementById('status').textContent === 'Shutter closed'")
        assert slow.session.shutter_closed
        page.wait_for_timeout(600)  # the socket has looked meanwhile: nothing older comes up again
        assert page.evaluate(chosen(specs[-1]))
        assert slow.session.settings.scene.background == specs[-1]
        page.click("#shutter")
        until(page, "document.getElementById('status').textContent === 'Live'")


def answers_late(page: Any) -> list[Any]:
    """Holds the answer to the first change back: it stands in the list, with the way to let it go."""
    late: list[Any] = []

    def hold(route: Any) -> None:
        if late:
            route.continue_()
        else:
            late.append((route, route.fetch()))

    page.route("**/api/settings", hold)
    return late


def test_an_answer_that_is_overtaken_shows_nothing_old(flowing: Served, chromium: Any) -> None:
    """It comes after the socket said what another client chose since."""
    page = chromium.new_page()
    open_page(page, flowing)
    late = answers_late(page)
    page.click('[data-spec="lens"]')
    until_state(page, flowing, lambda _: late)
    flowing.session.change({"scene": {"background": "#00b140"}})
    until(page, chosen("#00b140"))
    route, response = late[0]
    with page.expect_response("**/api/settings"):
        route.fulfill(response=response)
    settle(page)
    assert page.evaluate(chosen("#00b140"))


@pytest.mark.slow
def test_a_strength_moved_while_an_answer_is_late_is_that_of_the_blur_that_is_shown(
    flowing: Served, chromium: Any
) -> None:
    """The late answer made the slider set the blur before."""
    flowing.session.change({"scene": {"background": "#00b140"}})
    page = chromium.new_page()
    open_page(page, flowing)
    late = answers_late(page)
    page.click('[data-spec="lens"]')
    until_state(page, flowing, lambda _: late)
    flowing.session.change({"scene": {"background": "blur"}})
    until(page, chosen("blur"))
    with page.expect_response("**/api/settings"):
        late[0][0].fulfill(response=late[0][1])
    settle(page)
    set_to(page, "#strength", 0.25)
    until_state(page, flowing, lambda now: now["settings"]["scene"]["background"] == "blur:0.25")


@pytest.mark.slow
def test_of_wishes_that_wait_the_newest_of_each_control_is_asked_for(flowing: Served, chromium: Any) -> None:
    page = chromium.new_page()
    open_page(page, flowing)
    asked: list[Any] = []
    held: list[Any] = []

    def hold(route: Any) -> None:
        asked.append(route.request.post_data_json)
        held.append(route)

    page.route("**/api/settings", hold)
    for spec in ("lens", "#00b140", "#2b3a42", "#e8e4dc"):
        page.click(f'[data-spec="{spec}"]')
    set_to(page, '[id="field-scene.fit"]', "contain")
    page.click('[data-spec="transparent"]')
    page.click("#shutter")  # waits for none of them
    until(page, "document.getElementById('status').textContent === 'Shutter closed'")
    assert len(held) == 1
    while len(asked) < 3 or held:
        if held:
            held.pop().continue_()
        page.wait_for_timeout(20)
    assert asked == [
        {"scene": {"background": "lens"}},
        {"scene": {"fit": "contain"}},
        {"scene": {"background": "transparent"}},
    ]
    until(page, chosen("transparent"))


def test_a_background_chosen_during_an_upload_stays(flowing: Served, chromium: Any) -> None:
    page = chromium.new_page()
    open_page(page, flowing)
    held: list[Any] = []
    page.route("**/api/backgrounds?*", lambda route: held.append(route))
    page.set_input_files("#file", {"name": "wall.ppm", "mimeType": "image/x-portable-pixmap", "buffer": PIXEL})
    until_state(page, flowing, lambda _: held)
    page.click('[data-spec="#00b140"]')
    until(page, chosen("#00b140"))
    held[0].continue_()
    until(page, "document.getElementById('adding').textContent === ''")
    until_state(page, flowing, lambda now: any(row["name"] for row in now["backgrounds"]))
    settle(page)
    assert flowing.session.settings.scene.background == "#00b140"


PIXEL = b"P6 1 1 255\n\x00\x00\xff"
