"""The control page in a real Chromium: every control changes picture or state, and what cannot be done is told."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from realtime.settings.tree import laid_over
from tests.realtime.web.conftest import Served, opened, until
from tests.realtime.web.on_page import open_page, pixel, state, until_pixel, until_state


@pytest.fixture(scope="module")
def _browser() -> Iterator[Any]:
    """Without WebGL, which this page does without: drawn by software it takes long."""
    with opened("--disable-gpu") as browser:
        yield browser


PHONE = {"width": 390, "height": 844}


PORTRAIT = Path(__file__).resolve().parents[3] / "docs" / "portrait.jpg"


BLUE_JPEG = cv2.imencode(".jpg", np.full((36, 64, 3), (200, 60, 20), np.uint8))[1].tobytes()
"""A wall in blue: (20, 60, 200) as RGB."""


def set_to(page: Any, selector: str, value: object) -> None:
    """Move a slider, or fill a field, and leave it, as a hand does."""
    page.evaluate(
        "([selector, value]) => { const input = document.querySelector(selector); input.value = value;"
        "for (const type of ['input', 'change']) input.dispatchEvent(new Event(type, { bubbles: true })); }",
        [selector, str(value)],
    )


WALL, DISC = (30, 90, 160), (210, 60, 40)
"""What the camera of these tests sees, as RGB; the disc is the person."""


def test_a_tile_is_the_background(flowing: Served, page: Any) -> None:
    open_page(page, flowing)
    for spec, wall in (("#00b140", (0, 177, 64)), ("#e8e4dc", (232, 228, 220)), ("none", WALL)):
        page.click(f'[data-spec="{spec}"]')
        until(page, f"document.querySelector('[data-spec=\"{spec}\"]')?.getAttribute('aria-pressed') === 'true'")
        until_pixel(page, wall)
        until_pixel(page, DISC, x=0.5, y=0.5)
        assert flowing.session.settings.scene.background == spec
        until(page, "document.querySelectorAll('.tile [aria-pressed=true]').length === 1")
    until(page, "document.getElementById('warning').textContent === 'Others see your room as it is.'")


def test_the_strength_is_that_of_the_blur(flowing: Served, page: Any) -> None:
    open_page(page, flowing)
    for spec in ("lens", "blur"):
        page.click(f'[data-spec="{spec}"]')
        until(page, f"document.querySelector('[data-spec=\"{spec}\"]')?.getAttribute('aria-pressed') === 'true'")
        set_to(page, "#strength", 0.25)
        until_state(page, flowing, lambda now, spec=spec: now["settings"]["scene"]["background"] == f"{spec}:0.25")
    page.click('[data-spec="transparent"]')
    until(page, "document.getElementById('strength-row').hidden")


def test_any_colour_can_be_chosen(flowing: Served, page: Any) -> None:
    open_page(page, flowing)
    set_to(page, "#colour", "#c81450")
    until_pixel(page, (200, 20, 80))
    until(page, "document.querySelector('[data-spec=\"#c81450\"]')?.getAttribute('aria-pressed') === 'true'")


def test_next_goes_on_to_another_background(flowing: Served, page: Any) -> None:
    open_page(page, flowing)
    page.click("#next")
    until_pixel(page, (0, 177, 64))


def test_a_file_is_added_by_the_button_used_and_deleted(flowing: Served, page: Any) -> None:
    open_page(page, flowing)
    with page.expect_file_chooser() as chooser:
        page.click("#choose")
    chooser.value.set_files([{"name": "Blue wall.jpg", "mimeType": "image/jpeg", "buffer": BLUE_JPEG}])
    until_pixel(page, (20, 60, 200))
    tile = ".tile:has(img)"
    until(page, f"document.querySelector('{tile} img')?.naturalWidth === 320")
    assert page.inner_text(f"{tile} .label") == "Blue wall"
    page.click('[data-spec="blur"]')
    page.wait_for_selector(f"{tile} .delete")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.click(f"{tile} .delete")
    assert any(row["name"] for row in state(flowing)["backgrounds"])
    page.once("dialog", lambda dialog: dialog.accept())
    page.click(f"{tile} .delete")
    until(page, f"!document.querySelector('{tile}')")
    assert not any(row["name"] for row in state(flowing)["backgrounds"])


def test_a_file_is_added_by_dropping_it(flowing: Served, page: Any) -> None:
    open_page(page, flowing)
    dropped = (
        "([type, coded]) => { const data = new DataTransfer();"
        "const bytes = Uint8Array.from(atob(coded), (letter) => letter.charCodeAt(0));"
        "data.items.add(new File([bytes], 'dropped.jpg', { type: 'image/jpeg' }));"
        "return document.body.dispatchEvent("
        "new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true })); }"
    )
    coded = base64.b64encode(BLUE_JPEG).decode()
    page.evaluate(dropped, ["dragenter", coded])
    assert page.is_visible("#drop")
    assert page.evaluate(dropped, ["drop", coded]) is False, "the browser would open the file"
    assert page.is_hidden("#drop")
    until_pixel(page, (20, 60, 200))


def test_every_field_has_a_control_that_shows_and_changes_it(flowing: Served, page: Any) -> None:
    """Whatever the settings hold: no field is named here."""
    elsewhere = {"scene.background", "camera.camera", "matting.weights", "sink"}
    open_page(page, flowing)
    page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
    expected = flowing.session.settings
    for group in flowing.ask("GET", "/api/fields").json:
        for field in group["fields"]:
            path = f"{group['group']}.{field['name']}".lstrip(".")
            selector = f'[id="field-{path}"]'
            assert page.locator(selector).count() == (path not in elsewhere), path
            if path in elsewhere:
                continue
            value = other(field)
            if field["type"] == "switch":
                page.click(selector)
            elif field["type"] == "choice":
                page.select_option(selector, str(value))
            else:
                set_to(page, selector, value)
            expected = laid_over(
                expected, {group["group"]: {field["name"]: value}} if group["group"] else {path: value}
            )
            until_state(page, flowing, lambda now, it=expected: flowing.session.settings == it)
            assert page.locator(f'label[for="field-{path}"]').count() == 1
    page.reload()
    until(page, "document.querySelector('#groups details')")
    until(page, "document.querySelector('[id=\"field-scene.fit\"]')?.value === 'contain'")


def other(field: Any) -> Any:
    """Another value than the default, which the field may take."""
    if field["type"] == "switch":
        return not field["default"]
    if field["type"] == "choice":
        return next(name for name in field["choices"] if name != field["default"])
    if field["type"] in ("integer", "number"):
        low, high = field["range"]
        return high if field["default"] == low else low
    words = {
        "source": "sample",
        "pixel_format": "YUYV",
        "overlay": f"{PORTRAIT}:1.0,0.0,0.1",
        "server": "wss://localhost:8480",
    }
    return words.get(field["name"], "cpu")


def test_the_network_is_chosen_among_those_that_are_there(flowing: Served, page: Any) -> None:
    open_page(page, flowing)
    flowing.session.change({"matting": {"weights": "chroma"}})
    until(page, "document.getElementById('network').value === 'chroma'")
    page.select_option("#network", "greenless-lite")
    until_state(page, flowing, lambda now: now["settings"]["matting"]["weights"] == "greenless-lite")
    until(page, "document.getElementById('network-help').textContent")
    assert page.locator("#network option:disabled").count() > 0, "a network that is not on this machine"


def test_the_camera_is_chosen_among_those_that_are_there(flowing: Served, page: Any) -> None:
    cameras = [{"value": "/dev/video0", "label": "Desk"}, {"value": "/dev/video2", "label": "Door"}]
    page.route("**/api/cameras", lambda route: route.fulfill(json=cameras))
    flowing.session.change({"source": "sample"})
    open_page(page, flowing)
    until(page, "document.getElementById('camera').value === 'sample'")
    page.select_option("#camera", label="Door")
    until_state(page, flowing, lambda now: now["settings"]["camera"]["camera"] == "/dev/video2")
    assert flowing.session.settings.source == "camera"


def test_a_camera_that_is_plugged_in_later_is_there(flowing: Served, page: Any) -> None:
    cameras = [{"value": "/dev/video0", "label": "Desk"}]
    page.route("**/api/cameras", lambda route: route.fulfill(json=cameras))
    open_page(page, flowing)
    until(page, "document.getElementById('camera').value === '/dev/video0'")  # which the settings call 0
    cameras.append({"value": "/dev/video2", "label": "Door"})
    page.focus("#camera")
    until(page, "document.getElementById('camera').options.length === 2")
    flowing.session.change({"camera": {"camera": "door"}})
    until(page, "document.getElementById('camera').value === '/dev/video2'")
    flowing.session.change({"camera": {"camera": "/dev/video7"}})
    until(page, "document.getElementById('camera').selectedOptions[0].text === '/dev/video7 (not found)'")


def test_what_stays_is_the_same_element_as_before(flowing: Served, page: Any) -> None:
    """Else a click that has begun, or the focus, would be lost whenever something changes."""
    open_page(page, flowing)
    for name in ("one", "two"):
        flowing.session.save_preset(name)
    until(page, "document.querySelectorAll('[data-preset]').length === 2")
    page.evaluate("window.kept = [...document.querySelectorAll('.tile button, [data-preset], select, input')]")
    page.focus('[data-preset="two"]')
    flowing.session.save_preset("a third")
    flowing.session.change({"scene": {"background": "#c81450"}})
    until(page, "document.querySelector('[data-spec=\"#c81450\"]')?.getAttribute('aria-pressed') === 'true'")
    until(page, "document.querySelectorAll('[data-preset]').length === 3")
    assert page.evaluate("window.kept.every((one) => one.isConnected)")
    assert page.evaluate("document.activeElement.dataset.preset") == "two"
    page.once("dialog", lambda dialog: dialog.accept())
    page.evaluate("document.activeElement.nextElementSibling.click()")
    until(page, "document.querySelectorAll('[data-preset]').length === 2")
    assert page.evaluate("document.activeElement.dataset.preset") == "one", "the focus stays in the list"


def test_a_preset_is_kept_applied_and_deleted(flowing: Served, page: Any) -> None:
    open_page(page, flowing)
    page.click('[data-spec="#e8e4dc"]')
    until_pixel(page, (232, 228, 220))
    page.fill("#preset-name", "a/b & paper")
    page.press("#preset-name", "Enter")
    page.wait_for_selector('[data-preset="a/b & paper"]')
    until(page, "document.getElementById('preset-name').value === ''")
    page.click('[data-spec="#00b140"]')
    until_pixel(page, (0, 177, 64))
    page.click('[data-preset="a/b & paper"]')
    until_pixel(page, (232, 228, 220))
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#preset-list [aria-label^=Delete]")
    until(page, "!document.querySelector('#preset-list li')")
    assert state(flowing)["presets"] == []


def test_the_shutter_and_pause_hide_the_room(flowing: Served, page: Any) -> None:
    flowing.session.change({"scene": {"background": "none"}})
    open_page(page, flowing)
    for button, held in (("#shutter", "Shutter closed"), ("#running", "Paused")):
        until_pixel(page, WALL)
        page.click(button)
        until(page, f"document.getElementById('status').textContent === '{held}'")
        until(page, f"{pixel(0.05, 0.1)}[2] < 100")
        page.click(button)
        until(page, "document.getElementById('status').textContent === 'Live'")


def test_the_matte_can_be_looked_at(flowing: Served, page: Any) -> None:
    open_page(page, flowing)
    page.click("[data-view=matte]")
    until_pixel(page, (0, 0, 0))
    until_pixel(page, (255, 255, 255), x=0.5, y=0.5)
    page.click("[data-view=preview]")
    until_pixel(page, DISC, x=0.5, y=0.5)


def test_all_of_it_goes_by_keyboard(flowing: Served, page: Any) -> None:
    open_page(page, flowing)
    page.focus('[data-spec="#00b140"]')
    page.keyboard.press("Enter")
    until_pixel(page, (0, 177, 64))
    assert page.evaluate("document.activeElement.dataset.spec") == "#00b140", "the tile keeps the focus"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    until_pixel(page, (43, 58, 66))
    page.focus('[id="field-scene.light_wrap"]')
    page.keyboard.press("ArrowRight")
    until_state(page, flowing, lambda now: now["settings"]["scene"]["light_wrap"] == 0.01)
    page.focus("#shutter")
    page.keyboard.press("Space")
    until(page, "document.getElementById('status').textContent === 'Shutter closed'")
    page.evaluate("document.activeElement.blur(); document.querySelectorAll('details').forEach((b) => { b.open = 1; })")
    reached, total = set(), page.evaluate(FOCUSABLE)
    for _ in range(total + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    for wanted in ("next", "camera", "network", "preset-name", "save", "colour", "field-finish.grow", "field-quality"):
        assert wanted in reached


FOCUSABLE = "document.querySelectorAll('button, input, select, summary, a').length"


def test_a_phone_has_it_all_in_one_column(flowing: Served, page: Any) -> None:
    page.set_viewport_size(PHONE)
    open_page(page, flowing)
    page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    beyond = (
        "[...document.querySelectorAll('button, input:not([hidden]), select, label, summary')]"
        f".filter((it) => it.getBoundingClientRect().right > {PHONE['width']}).map((it) => it.outerHTML)"
    )
    assert page.evaluate(beyond) == []
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert page.evaluate("document.getElementById('preview').getBoundingClientRect().bottom") > 100, "still in sight"
