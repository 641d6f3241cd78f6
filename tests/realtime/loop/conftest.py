"""Fixtures."""

import threading

import pytest

from realtime.loop import live_source


@pytest.fixture
def pauses(monkeypatch):
    """Every pause between two tries, without the waiting."""
    waited = []

    class Impatient(threading.Event):
        def wait(self, timeout=None):
            waited.append(timeout)
            return self.is_set()

    monkeypatch.setattr(live_source.threading, "Event", Impatient)
    return waited
