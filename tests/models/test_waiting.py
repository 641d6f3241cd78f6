"""What takes long is said at once and again and again, and not once it is over."""

import logging
import re
import threading
from collections.abc import Iterator

import pytest

from models.waiting import NOTICE, waiting


class Heard(logging.Handler):
    """Keeps what is logged, and lets one wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.three = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        assert record.levelno == NOTICE
        self.lines.append(record.getMessage())
        if len(self.lines) >= 3:
            self.three.set()


@pytest.fixture
def heard() -> Iterator[Heard]:
    log, handler = logging.getLogger("greenless"), Heard()
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    yield handler
    log.removeHandler(handler)
    log.setLevel(before)


def test_what_takes_long_is_said_at_once_and_every_few_seconds(heard: Heard) -> None:
    with waiting("making tea", every_s=0.01):
        assert heard.lines[0] == "making tea"
        assert heard.three.wait(60)
    assert re.fullmatch(r"making tea: \d+ s so far", heard.lines[2])
    assert not any(thread.name == "repeated" for thread in threading.enumerate())


def test_what_fails_is_over_too(heard: Heard) -> None:
    with pytest.raises(ValueError, match="no water"), waiting("making tea", every_s=600):
        raise ValueError("no water")
    assert heard.lines == ["making tea"]
    assert not any(thread.name == "repeated" for thread in threading.enumerate())
