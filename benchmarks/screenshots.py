"""Makes the screenshots of the control page in docs/: greenless runs on the drawn sample, and Chromium shows its page.

    python benchmarks/screenshots.py

Frame rate and latency in the screenshots are those of this machine. Needs Chromium and playwright, as the tests do.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

DOCS = Path(__file__).resolve().parent.parent / "docs"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_S = 240

SKIES = {
    "Dusk": ((96, 52, 40), (92, 110, 214), (40, 34, 52)),
    "Sea": ((214, 178, 128), (236, 226, 205), (146, 116, 52)),
}
"""The user's backgrounds, as BGR colours of the top of the sky, the horizon and the ground."""

PRESETS = """
[presets.meeting.scene]
background = "blur"

[presets.lesson.scene]
background = "#2b3a42"
"""


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One screenshot of the page."""

    name: str
    scheme: str
    background: str
    """Label of the tile to choose."""

    size_px: tuple[int, int]


SHOTS = (
    Shot(name="page-light", scheme="light", background="Blur", size_px=(1280, 900)),
    Shot(name="page-dark", scheme="dark", background="Dusk", size_px=(1280, 900)),
    Shot(name="page-phone", scheme="light", background="Sea", size_px=(390, 844)),
)


def sky(top: tuple[int, ...], horizon: tuple[int, ...], ground: tuple[int, ...]) -> np.ndarray:
    """Draw a sky that brightens towards the horizon, above flat ground: ``(360, 640, 3) uint8 BGR``."""
    down = np.linspace(0, 1, 240)[:, None, None]
    above = np.array(top) * (1 - down) + np.array(horizon) * down
    below = np.array(ground) * np.linspace(1.15, 0.8, 120)[:, None, None]
    return np.repeat(np.clip(np.vstack([above, below]), 0, 255).astype(np.uint8), 640, axis=1)


@contextmanager
def running(home: Path, size_px: tuple[int, int]) -> Iterator[str]:
    """Run greenless on the drawn sample; yield the address of its page."""
    (home / "backgrounds").mkdir()
    for name, colours in SKIES.items():
        cv2.imwrite(str(home / "backgrounds" / f"{name}.jpg"), sky(*colours))
    (home / "settings.toml").write_text(PRESETS)
    command = [sys.executable, "-m", "realtime", "run", "--source", "sample:rendered", "--sink", "null", "--port", "0"]
    command += ["--width", str(size_px[0]), "--height", str(size_px[1])]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, cwd=DOCS.parent, env={**os.environ, "GREENLESS_HOME": str(home)}
    ) as run:
        assert run.stderr is not None
        try:
            yield next(line.partition(": ")[2].strip() for line in run.stderr if line.startswith("page: "))
        finally:
            run.terminate()
            run.communicate()


def until(page: Any, expression: str) -> None:
    """Wait until a JavaScript expression is true."""
    end_s = time.monotonic() + PATIENCE_S
    while not page.evaluate(expression):
        if time.monotonic() > end_s:
            raise TimeoutError(f"after {PATIENCE_S} s it is still false: {expression}")
        page.wait_for_timeout(200)


def take(browser: Any, url: str, shot: Shot, seconds: float) -> None:
    """Open the page, choose the background, let it run, and save a screenshot."""
    width, height = shot.size_px
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=shot.scheme)
    context.set_default_timeout(1000 * PATIENCE_S)
    page = context.new_page()
    page.goto(url)
    until(page, "document.documentElement.dataset.shown && document.querySelector('#groups details')")
    page.locator(".tile > button:first-child", has_text=shot.background).first.click()
    until(page, "!document.querySelector('.tile img') || [...document.images].every((image) => image.complete)")
    page.wait_for_timeout(1000 * seconds)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.mouse.move(1, 1)
    page.screenshot(path=str(DOCS / f"{shot.name}.png"))
    context.close()


def main() -> None:
    """Take every shot."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="640x360", help="of the sample's pictures")
    parser.add_argument("--seconds", type=float, default=45, help="how long the page is open before each picture")
    parser.add_argument("--only", choices=[shot.name for shot in SHOTS], help="one of them")
    options = parser.parse_args()
    width_px, height_px = map(int, options.size.split("x"))
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        parser.error("no Chromium; on Debian: sudo apt install chromium")
    with (
        tempfile.TemporaryDirectory() as home,
        running(Path(home), (width_px, height_px)) as url,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(
            executable_path=program, args=["--headless=new", "--no-sandbox", "--disable-gpu"]
        )
        for shot in SHOTS:
            if options.only in (None, shot.name):
                take(browser, url, shot, options.seconds)
        browser.close()


if __name__ == "__main__":
    main()
