"""The overlay in a real Chromium: what it shows before a striped page, read back."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from benchmarks.people.sample import Truth
from tests.realtime.web.conftest import Served, until
from tests.realtime.web.fake_session import FakeSession, disc, persons

WIDTH_PX, HEIGHT_PX = 160, 96
STRIPE_PX = 16
STRIPES = ((255, 255, 255), (0, 0, 0))
ALLOWED = 3.0
"""Mean difference of the alpha, in levels of 255."""

PAGES = ("/overlay?canvas=webgl", "/overlay?canvas=2d")


@pytest.fixture(scope="module")
def sample() -> list[Truth]:
    """One picture of the sample source."""
    return persons(1, width_px=WIDTH_PX, height_px=HEIGHT_PX)


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    page = chromium.new_page()
    page.set_viewport_size({"width": WIDTH_PX, "height": HEIGHT_PX})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    assert faults == []


def open_overlay(page: Any, served: Served, path: str = "/overlay") -> None:
    page.goto(f"{served.url}{path}#token={served.token}")
    until(page, "document.documentElement.dataset.shown")


def stripes() -> np.ndarray:
    """``(H, W, 3) uint8 RGB``: what stands behind the overlay."""
    odd = (np.arange(WIDTH_PX) // STRIPE_PX % 2)[None, :, None]
    return np.where(odd, STRIPES[1], STRIPES[0]).astype(np.uint8).repeat(HEIGHT_PX, axis=0)


def screenshot(page: Any) -> np.ndarray:
    """``(H, W, 3) uint8 RGB`` as the browser composes it, on stripes."""
    white, black = (f"rgb{colour}" for colour in STRIPES)
    page.evaluate(
        f"document.body.style.background = 'repeating-linear-gradient(90deg, {white} 0 {STRIPE_PX}px, "
        f"{black} {STRIPE_PX}px {2 * STRIPE_PX}px)'"
    )
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))


def away_from_edges(alpha: np.ndarray) -> np.ndarray:
    """Where no JPEG block holds an edge of the alpha: it is flat, 8 px around."""
    around = np.ones((17, 17), np.uint8)
    return cv2.dilate(alpha, around) - cv2.erode(alpha, around) < 0.02


def expected(truth: Truth) -> np.ndarray:
    """``(H, W, 3) float RGB``: the picture's own colours before the stripes."""
    alpha = truth.alpha[..., None]
    return truth.pixels[..., ::-1] * alpha + stripes() * (1 - alpha)


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES)
def test_the_person_stands_before_what_is_behind_the_page(path: str, served: Served, page: Any) -> None:
    served.session.step(served.server.broadcast)
    open_overlay(page, served, path)
    assert page.evaluate("document.documentElement.dataset.painter") == path.rpartition("=")[2]
    seen, truth = screenshot(page).astype(np.float32), disc()
    flat = away_from_edges(truth.alpha)
    nobody, person = flat & (truth.alpha == 0), flat & (truth.alpha == 1)
    assert min(nobody.sum(), person.sum()) > 200
    np.testing.assert_allclose(seen[nobody], stripes()[nobody], atol=8)
    np.testing.assert_allclose(seen[person], truth.pixels[..., ::-1][person], atol=8)
    assert np.abs(seen - expected(truth)).mean() < 6


@pytest.mark.parametrize("path", PAGES)
def test_the_alpha_of_the_sample_is_right(
    path: str, sample: list[Truth], make_served: Callable[..., Served], page: Any
) -> None:
    """From two pictures of the same page, before white and before black: alpha = 1 - (white - black) / 255."""
    served = make_served(sample)
    served.session.step(served.server.broadcast)
    open_overlay(page, served, path)
    before = {}
    for colour in ("white", "black"):
        page.evaluate(f"document.body.style.background = '{colour}'")
        before[colour] = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(np.float32)
    alpha = 255 - (before["white"] - before["black"]).mean(axis=2)
    wrong = np.abs(alpha - 255 * sample[0].alpha)
    print(f"away from edges {wrong[away_from_edges(sample[0].alpha)].mean():.2f}, everywhere {wrong.mean():.2f}")
    assert wrong[away_from_edges(sample[0].alpha)].mean() < ALLOWED
    assert wrong.mean() < 2 * ALLOWED
    assert alpha.max() > 250
    assert alpha.min() < 5


def test_both_ways_of_drawing_agree(served: Served, page: Any) -> None:
    served.session.step(served.server.broadcast)
    seen = []
    for path in PAGES:
        open_overlay(page, served, path)
        seen.append(screenshot(page).astype(np.float32))
    assert np.abs(seen[0] - seen[1]).mean() < 1


def test_without_webgl_it_is_drawn_by_the_processor(served: Served, page: Any) -> None:
    page.add_init_script(
        "const get = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...more) {"
        "return kind.includes('webgl') ? null : get.call(this, kind, ...more); };"
    )
    served.session.step(served.server.broadcast)
    open_overlay(page, served)
    assert page.evaluate("document.documentElement.dataset.painter") == "2d"
    assert np.abs(screenshot(page).astype(np.float32) - expected(disc())).mean() < 6


def test_a_picture_that_changes_its_size_is_followed(served: Served, page: Any) -> None:
    for path in PAGES:
        served.session.step(served.server.broadcast)
        open_overlay(page, served, path)
        FakeSession([disc(100, 120)]).step(served.server.broadcast)
        canvas = "document.getElementById('picture')"
        until(page, f"{canvas}.width === 100 && {canvas}.height === 120")


def test_a_connection_that_is_lost_comes_back_by_itself(served: Served, page: Any) -> None:
    page.add_init_script(
        "const Real = WebSocket; window.sockets = [];"
        "window.WebSocket = class extends Real { constructor(...a) { super(...a); window.sockets.push(this); } };"
    )
    served.session.step(served.server.broadcast)
    open_overlay(page, served)
    page.evaluate("document.documentElement.dataset.shown = ''")
    page.evaluate("window.sockets[0].close()")
    until(page, "document.documentElement.dataset.shown")
    assert page.evaluate("window.sockets.length") >= 2
    assert np.abs(screenshot(page).astype(int) - stripes()).max() > 50


def test_a_server_that_ends_leaves_nothing_on_the_page(served: Served, page: Any) -> None:
    served.session.step(served.server.broadcast)
    open_overlay(page, served)
    served.server.close()
    until(
        page,
        "(() => { const c = document.createElement('canvas'); const s = document.getElementById('picture');"
        "c.width = s.width; c.height = s.height; const x = c.getContext('2d'); x.drawImage(s, 0, 0);"
        "return x.getImageData(0, 0, c.width, c.height).data.every((v) => v === 0); })()",
    )


def test_the_age_is_measured_and_shown(served: Served, page: Any) -> None:
    with served.flowing():
        open_overlay(page, served, "/overlay?stats")
        until(page, "document.getElementById('stats').textContent.includes('ms from camera to screen')")
        until(page, "Number(document.documentElement.dataset.ageMs) > 0")
    assert served.ask("GET", "/api/stats").json["overlay"]["age"]["p50_ms"] > 0


def test_without_the_token_there_is_a_message_and_no_frame(served: Served, page: Any) -> None:
    served.session.step(served.server.broadcast)
    page.goto(f"{served.url}/overlay#token=wrong")
    page.wait_for_selector("#problem:not([hidden])")
    assert "greenless ctl page --overlay" in page.inner_text("#problem")
    assert page.evaluate("document.documentElement.dataset.shown") is None


def test_the_token_does_not_stay_in_the_address(served: Served, page: Any) -> None:
    served.session.step(served.server.broadcast)
    open_overlay(page, served, "/overlay?stats")
    assert page.url == f"{served.url}/overlay?stats"
    page.reload()  # the key does from now on
    until(page, "document.documentElement.dataset.shown")
