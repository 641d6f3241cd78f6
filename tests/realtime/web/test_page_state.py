"""What the page shows of the run: rates, changes by others, losses, refusals."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from realtime.errors import GreenlessError
from realtime.matting.remote_report import RemoteReport
from tests.realtime.web.conftest import Served, opened, until
from tests.realtime.web.on_page import open_page, state, until_pixel, until_state


@pytest.fixture(scope="module")
def _browser() -> Iterator[Any]:
    """Without WebGL, which this page does without: drawn by software it takes long."""
    with opened("--disable-gpu") as browser:
        yield browser


SOCKETS = """
const Real = WebSocket; window.sockets = [];
window.WebSocket = class extends Real { constructor(...a) { super(...a); window.sockets.push(this); } };
"""


TOLD = """{
const status = document.getElementById('status'); window.told = [];
new MutationObserver(() => window.told.push(status.textContent)).observe(status, { childList: true });
}"""
"""JavaScript that keeps all that the status says from then on: some of it passes quickly."""


def test_rate_and_age_are_shown_and_drawn(flowing: Served, page: Any) -> None:
    open_page(page, flowing)
    until(page, "/^\\d+\\.\\d fps$/.test(document.getElementById('fps').textContent)")
    assert page.inner_text("#age") == "40 ms, 95 % within 55"
    assert page.inner_text("#infer") == "20 ms, 95 % within 25"
    until(
        page,
        "(() => { const c = document.getElementById('plot');"
        "return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((value) => value); })()",
    )


def test_an_edit_that_waits_for_the_next_start_is_reported(
    flowing: Served, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = flowing.session.stats
    waiting: list[str] = []
    monkeypatch.setattr(flowing.session, "stats", lambda: {**measured(), "at_next_start": waiting})
    open_page(page, flowing)
    assert page.locator("#waiting").text_content() == ""
    waiting += ["control.port", "control.host"]
    until(page, "document.getElementById('waiting').textContent === 'After a restart: control.port, control.host.'")
    waiting.clear()
    until(page, "document.getElementById('waiting').textContent === ''")


def test_every_stage_is_shown_and_what_was_granted(flowing: Served, page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stats = flowing.session.stats()
    stats["recent"]["stages"]["virtual camera /dev/video10"] = {"p50_ms": 1.5, "p95_ms": 4.0}
    monkeypatch.setattr(flowing.session, "stats", lambda: stats)
    open_page(page, flowing)
    assert not page.is_visible("#stages")
    page.click("#details summary")
    shown = "[...document.querySelectorAll('#stages tr')].at(-1)"
    until(page, f"{shown}.cells[0].textContent === `Latency, camera to this page` && {shown}.cells[1].textContent > 0")
    rows = page.evaluate("[...document.querySelectorAll('#stages tr')].map((row) => row.innerText.split('\\t'))")
    assert ["Network", "20.0", "25.0"] in rows
    assert ["To virtual camera /dev/video10", "1.5", "4.0"] in rows
    assert ["Latency, camera to outputs", "40.0", "55.0"] in rows
    assert rows[-1][0] == "Latency, camera to this page"
    assert float(rows[-1][2]) >= float(rows[-1][1]) > 0
    assert granted(page) == ["drawn", "none", "null"]


def granted(page: Any) -> list[str]:
    texts: list[str] = page.evaluate(
        "[...document.querySelectorAll('#details div:not([hidden]) > dd')].map((it) => it.textContent)"
    )
    return texts


def test_a_server_shows_its_delay_its_rates_and_its_losses(
    flowing: Served, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stats = flowing.session.stats()
    report = RemoteReport(
        **{"server": "wss://studio:8480", "connected": True, "network": "lite", "p50_ms": 12.0, "p95_ms": 18.5},
        **{"sent_mbit_s": 3.46, "received_mbit_s": 2.1, "answered": 900, "lost": 2, "local": 30},
    )
    monkeypatch.setattr(flowing.session, "stats", lambda: {**stats, "remote": asdict(report)})
    open_page(page, flowing)
    page.click("#details summary")
    words = "3.5 + 2.1 Mbit/s; 900 mattes from there, 30 from here, 2 frames lost"
    until(page, f"document.getElementById('remote').textContent === 'wss://studio:8480, {words}'")
    rows = page.evaluate("[...document.querySelectorAll('#stages tr')].map((row) => row.innerText.split('\\t'))")
    assert ["To the server and back", "12.0", "18.5"] in rows
    report = replace(report, connected=False)
    until(page, "document.getElementById('remote').textContent.startsWith('wss://studio:8480 is lost;')")
    assert len(granted(page)) == 4


def test_a_refused_change_is_reported_and_the_control_goes_back(flowing: Served, page: Any) -> None:
    open_page(page, flowing)
    flowing.session.broken = GreenlessError("the light is out", cure="Switch it on")
    page.select_option('[id="field-scene.fit"]', "stretch")
    page.wait_for_selector("#problem:not([hidden])")
    assert page.inner_text("#problem") == "The light is out. Switch it on"
    page.click("#dismiss")
    until(page, "document.getElementById('problem').hidden")
    page.select_option('[id="field-scene.fit"]', "stretch")
    page.wait_for_selector("#problem:not([hidden])")
    assert page.get_attribute("#problem", "role") == "alert"
    until(page, "document.querySelector('[id=\"field-scene.fit\"]')?.value === 'cover'")
    flowing.session.broken = None
    page.select_option('[id="field-scene.fit"]', "stretch")
    until(page, "document.getElementById('problem').hidden")


def test_a_file_that_is_no_picture_is_refused_in_words(flowing: Served, page: Any) -> None:
    open_page(page, flowing)
    page.set_input_files("#file", {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    page.wait_for_selector("#problem:not([hidden])")
    assert "not an image that can be read" in page.inner_text("#problem")
    until(page, "document.getElementById('adding').textContent === ''")


def test_a_file_in_the_folder_that_is_no_image_is_reported(flowing: Served, page: Any, greenless_home: Path) -> None:
    folder = greenless_home / "backgrounds"
    folder.mkdir(parents=True)
    (folder / "notes.jpg").write_bytes(b"no picture")
    open_page(page, flowing)
    until(page, "document.querySelector('.look.broken')?.textContent === 'Cannot show it'")
    page.click('[data-spec$="notes.jpg"]')
    until(page, "document.getElementById('problem').textContent.includes('is not an image')")
    until(page, "document.querySelector('[data-spec=blur]').getAttribute('aria-pressed') === 'true'")


def test_nothing_that_was_kept_is_lost_unasked(flowing: Served, page: Any) -> None:
    flowing.session.save_preset("meeting")
    open_page(page, flowing)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.click("#preset-list [aria-label^=Delete]")
    flowing.session.change({"scene": {"background": "none"}})
    page.fill("#preset-name", "meeting")
    page.press("#preset-name", "Enter")
    until_state(page, flowing, lambda now: len(asked) == 2)
    assert asked == ['Delete the preset "meeting"?', 'Replace the preset "meeting"?']
    assert flowing.session.preset("meeting").scene.background == "blur"


@pytest.mark.parametrize("name", [".", "..", "  "])
def test_a_name_that_no_address_can_hold_is_refused(flowing: Served, page: Any, name: str) -> None:
    open_page(page, flowing)
    page.fill("#preset-name", name)
    page.press("#preset-name", "Enter")
    assert page.evaluate("document.querySelector('#preset-name:invalid') !== null")
    assert state(flowing)["presets"] == []


def test_what_others_change_is_shown(flowing: Served, page: Any) -> None:
    open_page(page, flowing)
    flowing.session.change({"scene": {"background": "#00b140", "light_wrap": 0.6}, "look": {"framing": True}})
    until(page, "document.querySelector('[data-spec=\"#00b140\"]')?.getAttribute('aria-pressed') === 'true'")
    until(page, "document.querySelector('[id=\"field-scene.light_wrap\"]')?.value === '0.6'")
    until(page, "document.querySelector('[id=\"field-look.framing\"]')?.checked")


def test_it_comes_back_when_the_connection_breaks(flowing: Served, page: Any) -> None:
    page.add_init_script(SOCKETS)
    open_page(page, flowing)
    page.evaluate(TOLD)
    page.evaluate("document.documentElement.dataset.shown = ''; for (const socket of window.sockets) socket.close()")
    until(page, "window.told.includes('Not connected')")
    flowing.session.change({"scene": {"background": "#e8e4dc"}})
    until(page, "document.getElementById('status').textContent === 'Live'")
    until_pixel(page, (232, 228, 220))
    assert page.locator("#groups details").count() == len(flowing.ask("GET", "/api/fields").json), "built once"


HIDE = """(hidden) => {
Object.defineProperty(document, 'hidden', { get: () => hidden, configurable: true });
Object.defineProperty(document, 'visibilityState', { get: () => hidden ? 'hidden' : 'visible', configurable: true });
document.dispatchEvent(new Event('visibilitychange'));
}"""


def test_a_hidden_page_watches_nothing(flowing: Served, page: Any) -> None:
    """Else a camera on demand, and its light, would stay on for a tab that nobody sees."""
    broadcast = flowing.server.broadcast
    open_page(page, flowing)
    page.click("[data-view=matte]")
    until(page, "document.documentElement.dataset.view === 'matte'")
    page.evaluate(HIDE, True)
    until_state(page, flowing, lambda _: not broadcast.watched())
    page.evaluate("document.querySelector('[data-view=preview]').click()")
    page.wait_for_timeout(500)
    assert not broadcast.watched()
    page.evaluate(HIDE, False)
    until_state(page, flowing, lambda _: broadcast.watching("preview") == 1)
    until(page, "document.documentElement.dataset.view === 'preview'")
    until(page, "!document.getElementById('preview').classList.contains('old')")


def test_a_server_that_ends_is_reported(served: Served, page: Any) -> None:
    with served.flowing(0.2):
        open_page(page, served)
    served.server.close()
    until(page, "document.getElementById('status').textContent === 'Not connected'")
    until(page, "document.getElementById('preview').classList.contains('old')")
    until(page, "document.getElementById('problem').textContent.includes('reconnects automatically')")
    page.click("#dismiss")
    page.click("#next")
    until(page, "document.getElementById('problem').textContent.includes('Restart it')")


def test_without_the_token_there_is_only_a_message(served: Served, page: Any) -> None:
    page.goto(f"{served.url}/#token=wrong")
    page.wait_for_selector("#problem:not([hidden])")
    assert "greenless ctl page" in page.inner_text("#problem")
    assert not page.is_visible("main")
    assert not page.is_visible("#actions")


def test_save_writes_the_settings_file(flowing: Served, page: Any, greenless_home: Any) -> None:
    open_page(page, flowing)
    page.click('[data-spec="#2b3a42"]')
    until_pixel(page, (43, 58, 66))
    page.click("#save")
    until(page, "document.getElementById('saved').textContent === 'Saved.'")
    assert "#2b3a42" in (greenless_home / "settings.toml").read_text()


def test_mirror_is_of_the_preview_alone(flowing: Served, page: Any) -> None:
    open_page(page, flowing)
    page.click("#mirror")
    assert page.get_attribute("#mirror", "aria-pressed") == "true"
    turned = "getComputedStyle(document.getElementById('preview')).transform"
    assert page.evaluate(turned).startswith("matrix(-1")
    page.click("#shutter")
    until(page, f"{turned} === 'none'")  # the notice can be read
    page.click("#shutter")
    until(page, f"{turned} !== 'none'")
