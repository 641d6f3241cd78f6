"""``greenless --source sample`` on a stock desktop is a camera in real browsers, through the real portal."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.realtime.pipewire import page as module
from tests.realtime.pipewire.desktop import Desktop
from tests.realtime.pipewire.page import Look, Page
from tests.realtime.stand_ins import until

pytestmark = [pytest.mark.slow, pytest.mark.xvfb]

ROOT = Path(__file__).resolve().parents[3]
BACKGROUND = (30, 90, 190)
PREFERENCES = {
    "media.webrtc.camera.allow-pipewire": True,
    "media.navigator.permission.disabled": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}
GREENLESS = (
    *("-m", "realtime", "--source", "sample:rendered", "--width", "640", "--height", "360", "--no-page"),
    *("--background", "#{:02x}{:02x}{:02x}".format(*BACKGROUND)),
)


@contextmanager
def running(desktop: Desktop, *command: str) -> Iterator[None]:
    """A program runs on the desktop meanwhile, in a home of its own."""
    process = desktop.start(*command, HOME=str(desktop.folder), PYTHONPATH=str(ROOT))
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def chromium_command(program: str, folder: Path, url: str) -> Sequence[str]:
    flags = ("--headless=new", "--no-sandbox", "--no-first-run", "--disable-gpu", "--use-fake-ui-for-media-stream")
    return program, *flags, "--enable-features=WebRtcPipeWireCamera", f"--user-data-dir={folder / 'chromium'}", url


def firefox_command(program: str, folder: Path, url: str) -> Sequence[str]:
    profile = folder / "firefox"
    profile.mkdir()
    lines = [f'user_pref("{name}", {str(value).lower()});' for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    return program, "--headless", "--no-remote", "--profile", str(profile), url


@pytest.fixture
def page() -> Iterator[Page]:
    with module.served() as page:
        yield page


def shows_the_composite(look: Look) -> bool:
    """Whether a look has the background at the edges, within 4 of 255, and somebody before it."""
    *edges, inside = np.array(look.pixels)
    return bool(np.abs(np.array(edges) - BACKGROUND).max() <= 4 and np.abs(inside - BACKGROUND).max() > 30)


def watch(page: Page, portal: Desktop, command: Sequence[str]) -> None:
    """Wait until the browser shows the composite."""
    with ExitStack() as opened:
        opened.enter_context(running(portal, sys.executable, *GREENLESS))
        until(lambda: "greenless" in portal.nodes())
        opened.enter_context(running(portal, *command))
        until(lambda: any(map(shows_the_composite, page.looks)))
    assert page.looks[-1].label == "greenless"


def test_chromium_shows_the_composite(page: Page, portal: Desktop, chromium: str, tmp_path: Path) -> None:
    watch(page, portal, chromium_command(chromium, tmp_path, page.url))


def test_firefox_shows_the_composite(page: Page, portal: Desktop, firefox: str, tmp_path: Path) -> None:
    watch(page, portal, firefox_command(firefox, tmp_path, page.url))
