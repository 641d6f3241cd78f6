"""The control page can be read, whichever colours the desktop prefers: all of its words, held against their ground."""

from collections.abc import Iterator
from typing import Any

import pytest

from realtime.errors import GreenlessError
from tests.realtime.web.conftest import Served, opened, until

ENOUGH = 4.5
"""WCAG 2.2, 1.4.3, level AA, for text of a usual size."""

WORDS = """() => {
const parts = (colour) => {
  const [r, g, b, a = 1] = colour.match(/[\\d.]+(e-\\d+)?/g).map(Number);
  return [...(colour.startsWith('color(') ? [r, g, b].map((v) => 255 * v) : [r, g, b]), a];
};
const over = ([r, g, b, a], under) => [r, g, b].map((v, i) => v * a + under[i] * (1 - a));
const light = (colour) => {
  const [r, g, b] = colour.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (it) => {
  if (!it) return parts(getComputedStyle(document.body).backgroundColor).slice(0, 3);
  const style = getComputedStyle(it), own = parts(style.backgroundColor);
  if (style.backgroundImage !== 'none') return null;
  if (own[3] === 1) return own.slice(0, 3);
  const under = ground(it.parentElement);
  return under && over(own, under);
};
const found = [];
for (const it of document.querySelectorAll('body *')) {
  const text = [...it.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join(' ').trim();
  const words = it.matches('select, input:not([type=range], [type=checkbox], [type=color])') ? it.id : text;
  if (!words || it.matches('option, :disabled') || !it.checkVisibility()) continue;
  const under = ground(it);
  if (!under) continue;  // a tile that is a picture
  const inks = [over(parts(getComputedStyle(it).color), under), under].map(light);
  found.push([words, (Math.max(...inks) + 0.05) / (Math.min(...inks) + 0.05)]);
}
return found;
}"""
"""JavaScript: every text that is seen, or the name of the control, and its contrast by WCAG's formula."""


@pytest.fixture(scope="module")
def _browser() -> Iterator[Any]:
    with opened("--disable-gpu") as browser:
        yield browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_words_can_be_read_in_both_colour_schemes(served: Served, chromium: Any, scheme: Any) -> None:
    page = chromium.new_page()
    page.emulate_media(color_scheme=scheme)
    served.session.save_preset("meeting")
    served.session.change({"scene": {"background": "none"}})  # which brings the warning
    served.session.shutter(True)
    with served.flowing(0.2):
        page.goto(f"{served.url}/#token={served.token}")
        until(page, "document.querySelector('#groups details') && document.querySelector('[data-preset]')")
        page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
        until(page, "document.querySelector('#stages tr')")
        served.session.broken = GreenlessError("the light is out", cure="Switch it on")
        page.click("#mirror")  # a button that is pressed
        page.select_option('[id="field-scene.fit"]', "stretch")
        page.wait_for_selector("#problem:not([hidden])")
        found = page.evaluate(WORDS)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(20, 24, 22)") == (scheme == "dark")
    seen = {words for words, _ in found}
    assert {"Open shutter", "Mirror", "The light is out. Switch it on", "meeting", "camera", "Frame rate"} <= seen
    assert {words: round(ratio, 2) for words, ratio in found if ratio < ENOUGH} == {}
