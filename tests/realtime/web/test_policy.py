"""The Content-Security-Policy, attacked in a real Chromium: what was slipped into the page does nothing."""

from typing import Any

from tests.realtime.web.conftest import Served, until

LISTEN = (
    "window.refused = []; document.addEventListener('securitypolicyviolation',"
    "(event) => window.refused.push(event.effectiveDirective))"
)
SLIPPED_IN = {
    "script-src-attr": "document.body.insertAdjacentHTML('beforeend', '<img src=\"x\" onerror=\"window.ran = 1\">')",
    "script-src-elem": (
        "document.body.append(Object.assign(document.createElement('script'), { text: 'window.ran = 1' }))"
    ),
    "connect-src": "fetch('http://127.0.0.1:1/?token').catch(() => null)",
    "img-src": "document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:1/?token'}))",
    "form-action": (
        "(() => { const form = document.createElement('form'); form.action = 'http://127.0.0.1:1/';"
        "document.body.append(form); form.submit(); })()"
    ),
}
"""By the directive that must refuse it."""


def test_what_is_slipped_into_the_page_does_nothing(served: Served, chromium: Any) -> None:
    page = chromium.new_page()
    page.goto(f"{served.url}/#token={served.token}")
    page.evaluate(LISTEN)
    for directive, attack in SLIPPED_IN.items():
        page.evaluate(f"() => {{ {attack} }}")
        until(page, f"window.refused.includes('{directive}')")
    assert page.evaluate("window.ran") is None
    assert page.url.startswith(served.url)


def test_another_page_cannot_frame_it(served: Served, chromium: Any) -> None:
    page = chromium.new_page()
    for path in ("/", "/overlay"):
        page.set_content(f'<iframe src="{served.url}{path}"></iframe>', wait_until="load")
        assert not page.frames[1].url.startswith(served.url)
