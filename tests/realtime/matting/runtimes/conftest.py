"""A matting server without Ray, for the tests of its clients."""

import pytest

from realtime.matting.runtimes import remote_link, remote_matter
from tests.realtime.scale.matting_server import replica, served
from tests.realtime.stand_ins import PATIENCE_S

__all__ = ["replica", "served"]  # fixtures


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is back is trusted after a moment."""
    monkeypatch.setattr(remote_link, "STEADY_S", 0.2)
    monkeypatch.setattr(remote_link, "PAUSE_S", 0.05)
    monkeypatch.setattr(remote_link, "LONGEST_PAUSE_S", 0.1)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is late, however busy the machine is."""
    monkeypatch.setattr(remote_matter, "LIVE_PATIENCE_S", PATIENCE_S)
