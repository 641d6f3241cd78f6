"""Renders the icons of ``greenless app`` from their drawings in realtime/tray/desktop: NAME.svg to NAME-SIZE.png.

    python benchmarks/icons.py

Needs Chromium and playwright, as the tests do.
"""

import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "realtime" / "tray" / "desktop"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TRAY_PX = (16, 22, 32, 48, 64)
"""The sizes at which trays show icons, on usual screens and on dense ones."""

MENU_PX = (128, 256)
"""Further sizes of the icon of the application, for menus and docks."""


def main() -> None:
    """Render every drawing at every size."""
    program = next(filter(None, map(shutil.which, CHROMIUM)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        for drawing in sorted(FOLDER.glob("*.svg")):
            for size_px in TRAY_PX + (MENU_PX if drawing.stem == "greenless" else ()):
                page.set_viewport_size({"width": size_px, "height": size_px})
                svg = drawing.read_text(encoding="utf-8").replace('width="64" height="64"', 'width="100%"', 1)
                page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{svg}")
                shot = Image.open(io.BytesIO(page.screenshot(omit_background=True)))
                shot.save(FOLDER / f"{drawing.stem}-{size_px}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
