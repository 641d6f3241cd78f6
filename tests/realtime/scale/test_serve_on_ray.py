"""``greenless serve`` on a local Ray: two clients, two replicas, one of which dies."""

import os
import signal
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from realtime.frame import Frame
from realtime.matting.runtimes import remote_link, remote_matter, remote_wire
from realtime.matting.runtimes.remote_matter import open_remote
from realtime.settings.schema import MattingSettings
from tests.realtime.scale.serve_process import START_S, Serving, serving, until
from tests.realtime.stand_ins import Half

pytestmark = pytest.mark.usefixtures("ray_here")

WIDTH_PX, HEIGHT_PX = 512, 288


@pytest.fixture(scope="module")
def served(ray_here: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("server")) as there:
        yield there


def stamped(grey: int) -> np.ndarray:
    return np.full((HEIGHT_PX, WIDTH_PX, 3), grey, np.uint8)


@contextmanager
def client(there: Serving) -> Iterator[ClientConnection]:
    with connect(
        f"ws://127.0.0.1:{there.port}{remote_wire.PATH}",
        additional_headers={"Authorization": f"Bearer {there.token}"},
        subprotocols=[Subprotocol(remote_wire.SUBPROTOCOL)],
        compression=None,
        proxy=None,
    ) as connection:
        remote_wire.welcome_of(connection.recv(START_S))
        yield connection


class Streaming:
    """A client that sends frames of its own greys, and notes what is wrong with the answers."""

    def __init__(self, there: Serving, first_grey: int) -> None:
        self.answered = 0
        self.wrong: list[str] = []
        self._there, self._first = there, first_grey
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join(START_S)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._stream()
        except Exception as error:
            self.wrong.append(repr(error))

    def reached(self, count: int) -> bool:
        """Whether so many frames are answered."""
        assert self.wrong == []
        return self.answered >= count

    def _stream(self) -> None:
        with client(self._there) as connection:
            number = 0
            while not self._over.is_set():
                number += 1
                grey = self._first + number % 100
                connection.send(remote_wire.request(number, stamped(grey), "lossless"))
                message = connection.recv(START_S)
                assert isinstance(message, bytes)
                came, alpha = remote_wire.answer_of(message)
                if came != number:
                    self.wrong.append(f"{number} got {came}")
                elif isinstance(alpha, str):
                    self.wrong.append(f"{number}: {alpha}")
                elif (np.rint(alpha * 255) != grey).any():
                    self.wrong.append(f"{number} got another frame")
                self.answered += 1


def test_the_server_restarts_while_a_client_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The local network has every frame meanwhile. The end of the server is orderly: status 0."""
    monkeypatch.setattr(remote_link, "STEADY_S", 0.5)
    monkeypatch.setattr(remote_matter, "LIVE_PATIENCE_S", 5.0)  # the machine is busy
    words = ["--replicas", "1"]
    with serving(tmp_path, words) as there:
        port = there.port
        settings = MattingSettings(
            runtime="remote", server=f"ws://127.0.0.1:{port}", token_file=str(there.token_path), send="lossless"
        )
        matter = open_remote(settings, width_px=WIDTH_PX, height_px=HEIGHT_PX, local=Half, live=True)
        with matter:
            assert _grey(matter, 90) == 90
            assert there.end() == 0
            assert "mattes" in there.output
            until(lambda: not matter.report().connected)
            assert _grey(matter, 90) is None
            with serving(tmp_path, words, port=port):
                until(lambda: matter.report().connected)
                until(lambda: _grey(matter, 90) == 90)


def test_two_clients_and_a_replica_that_is_killed(served: Serving) -> None:
    """Every frame gets its own matte, also those that were in the dead replica; a new replica follows."""
    clients = [Streaming(served, first) for first in (10, 130)]
    try:
        until(lambda: all(one.reached(10) for one in clients))
        before = served.replicas()
        assert len(before) == 2
        os.kill(before[0], signal.SIGKILL)
        seen = [one.answered for one in clients]
        until(lambda: all(one.reached(was + 30) for one, was in zip(clients, seen, strict=True)))
        until(lambda: len(served.replicas()) == 2 and before[0] not in served.replicas())
    finally:
        for one in clients:
            one.end()
    assert [one.wrong for one in clients] == [[], []]


def test_a_garbled_frame_and_a_good_one_in_one_batch(served: Serving) -> None:
    with client(served) as good, client(served) as bad:
        bad.send(remote_wire.request(1, stamped(1), "jpeg")[:300])
        good.send(remote_wire.request(2, stamped(77), "lossless"))
        message = good.recv(START_S)
        assert isinstance(message, bytes)
        number, alpha = remote_wire.answer_of(message)
        assert number == 2
        assert not isinstance(alpha, str)
        assert (np.rint(alpha * 255) == 77).all()


@pytest.mark.skipif(os.name != "posix", reason="Windows has no modes")
def test_the_token_is_for_its_owner_only(served: Serving) -> None:
    assert stat.S_IMODE(served.token_path.stat().st_mode) == 0o600
    assert served.token in served.output


def _grey(matter: remote_matter.RemoteMatter, grey: int) -> int | None:
    """The grey of the server's matte; None if the local network answers."""
    [matte] = matter.matte_batch([Frame(pixels=stamped(grey), index=grey, captured_s=time.perf_counter())])
    return round(float(matte.alpha[0, 0]) * 255) if np.ptp(matte.alpha) == 0 else None
