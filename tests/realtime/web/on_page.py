"""What tests do on the page."""

import time
from collections.abc import Callable
from typing import Any

from tests.realtime.web.conftest import PATIENCE_S, Served, until


def open_page(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/#token={served.token}")
    until(page, "document.querySelector('#groups details') && document.querySelector('[data-spec]')")
    until(page, "document.documentElement.dataset.shown")


def state(served: Served) -> Any:
    return served.ask("GET", "/api/state").json


def pixel(x: float, y: float) -> str:
    """JavaScript for the preview's colour there, in parts of its size: ``[R, G, B]``."""
    return (
        "(() => { const c = document.getElementById('preview');"
        f"return [...c.getContext('2d').getImageData(c.width * {x}, c.height * {y}, 1, 1).data].slice(0, 3); }})()"
    )


def until_pixel(page: Any, colour: tuple[int, int, int], *, x: float = 0.05, y: float = 0.1) -> None:
    """Wait until the preview shows the colour, as JPEG leaves it, there: at the wall where nothing is said."""
    until(page, f"{pixel(x, y)}.every((value, index) => Math.abs(value - {list(colour)}[index]) < 16)")


def until_state(page: Any, served: Served, true: Callable[[Any], bool]) -> None:
    """Wait until the session is so."""
    end_s = time.monotonic() + PATIENCE_S
    while not true(state(served)):
        assert time.monotonic() < end_s, f"after {PATIENCE_S} s the state is {state(served)}"
        page.wait_for_timeout(100)
