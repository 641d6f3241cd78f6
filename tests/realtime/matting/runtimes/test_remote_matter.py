"""A matter of another machine: each matte belongs to its own frame, and a lost server costs no frame of the room."""

import logging
import os
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from realtime.errors import MatterError, SettingsError
from realtime.frame import CoarseMatte
from realtime.matting.matter import Matter, Observing, Reporting, needs_whole_frames
from realtime.matting.runtimes import remote_link, remote_matter
from realtime.matting.runtimes.remote_matter import RemoteMatter, open_remote
from realtime.scale.serve_front import Front, Limits
from realtime.settings.schema import MattingSettings
from tests.realtime.scale.certificate import self_signed
from tests.realtime.scale.matting_server import HEIGHT_PX, TOKEN, WIDTH_PX, Replica, frame, front, token_file
from tests.realtime.stand_ins import PATIENCE_S, Half, until


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is back is trusted after a moment."""
    monkeypatch.setattr(remote_link, "STEADY_S", 0.2)
    monkeypatch.setattr(remote_link, "PAUSE_S", 0.05)
    monkeypatch.setattr(remote_link, "LONGEST_PAUSE_S", 0.1)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is late, however busy the machine is."""
    monkeypatch.setattr(remote_matter, "LIVE_PATIENCE_S", PATIENCE_S)


@pytest.fixture
def replica() -> Replica:
    return Replica()


@pytest.fixture
def served(replica: Replica) -> Iterator[Front]:
    with front(replica.matte) as there:
        yield there


def opened(port: int, folder: Path, *, local: Matter | None = None, live: bool = True, **more: Any) -> RemoteMatter:
    settings = MattingSettings(
        runtime="remote",
        server=f"{more.pop('scheme', 'ws')}://127.0.0.1:{port}",
        token_file=str(token_file(folder, more.pop("token", TOKEN))),
        fallback="none" if local is None else "local",
        send="lossless",
        **more,
    )
    return open_remote(settings, width_px=WIDTH_PX, height_px=HEIGHT_PX, local=lambda: local or Half(), live=live)


def grey(matte: CoarseMatte) -> int:
    assert matte.alpha.shape == (HEIGHT_PX, WIDTH_PX)
    assert np.ptp(matte.alpha) == 0
    return round(float(matte.alpha[0, 0]) * 255)


def of(matter: Matter, number: int) -> list[CoarseMatte]:
    return matter.matte_batch([frame(number)])


@pytest.mark.usefixtures("patient")
def test_each_matte_is_of_its_own_frame(served: Front, tmp_path: Path) -> None:
    with opened(served.port, tmp_path) as matter:
        for number in range(1, 30):
            [matte] = of(matter, number)
            assert (matte.frame.index, grey(matte)) == (number, number)
        batch = matter.matte_batch([frame(number) for number in (5, 9, 200)])
        assert [(matte.frame.index, grey(matte)) for matte in batch] == [(5, 5), (9, 9), (200, 200)]


@pytest.mark.usefixtures("patient")
def test_it_says_what_it_is(served: Front, tmp_path: Path) -> None:
    with opened(served.port, tmp_path) as matter:
        assert matter.name == f"stand-in at ws://127.0.0.1:{served.port}"
        assert needs_whole_frames(matter)
        assert isinstance(matter, Observing)
        assert isinstance(matter, Reporting)


@pytest.mark.usefixtures("patient")
def test_two_frames_are_under_way_if_answers_take_longer_than_the_loop_has(
    served: Front, replica: Replica, tmp_path: Path
) -> None:
    """A call returns the matte of the frame before, or the newest one; never another, and never one twice."""
    replica.delay_s = 0.02
    with opened(served.port, tmp_path) as matter:
        assert grey(of(matter, 1)[0]) == 1
        matter.observe(busy_s=1.0, period_s=0.001)
        replica.free.clear()
        assert of(matter, 2) == []
        replica.free.set()
        seen = []
        for number in range(3, 40):
            for matte in of(matter, number):
                assert matte.frame.index in (number - 1, number)
                assert matte.frame.index == grey(matte)
                seen.append(matte.frame.index)
        assert seen == sorted(set(seen))
        assert len(seen) > 15
        matter.observe(busy_s=0.0, period_s=1000.0)  # time to spare: one frame again, and the older one is dropped
        [matte] = of(matter, 40)
        assert (matte.frame.index, grey(matte)) == (40, 40)


@pytest.mark.usefixtures("patient")
def test_the_newest_of_two_wins_if_both_are_there(
    served: Front, replica: Replica, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(served.port, tmp_path) as matter:
        matter.observe(busy_s=1.0, period_s=0.0001)
        replica.free.clear()
        assert of(matter, 1) == []
        sent = matter._sent

        def sent_and_answered(*frames: Any) -> Any:
            flight = sent(*frames)
            replica.free.set()
            flight.future.result(PATIENCE_S)
            return flight

        monkeypatch.setattr(matter, "_sent", sent_and_answered)
        [matte] = of(matter, 2)
        assert (matte.frame.index, grey(matte)) == (2, 2)


def test_a_frame_from_before_a_pause_of_the_source_is_never_shown(
    served: Front, replica: Replica, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(served.port, tmp_path, local=Half()) as matter:
        matter.observe(busy_s=1.0, period_s=0.0001)
        replica.free.clear()
        assert of(matter, 1) == []
        replica.free.set()
        time.sleep(remote_matter.LIVE_PATIENCE_S + 0.05)
        assert all(matte.frame.index == 2 for matte in of(matter, 2))


def test_a_server_that_falls_silent_is_replaced_in_the_same_call(
    served: Front, replica: Replica, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    local = Half()
    with opened(served.port, tmp_path, local=local) as matter:
        of(matter, 1)
        replica.free.clear()
        with caplog.at_level(logging.WARNING, "greenless"):
            [matte] = of(matter, 2)
        assert matte.frame.index == 2
        assert local.runs == 1
        assert "takes over" in caplog.text
        assert f"because ws://127.0.0.1:{served.port} is lost" in matter.name
        assert matter.report().local >= 1
        assert not matter.report().connected
        replica.free.set()
        until(lambda: matter.report().connected)
        assert grey(of(matter, 3)[0]) == 3
    assert local.closed == 1


def test_the_patience_leaves_time_for_the_local_network() -> None:
    """Both together take 300 ms at most: a weak computer mattes a frame in 100 ms."""
    assert remote_matter.LIVE_PATIENCE_S <= 0.2


def test_a_server_may_restart(replica: Replica, tmp_path: Path) -> None:
    local = Half()
    with front(replica.matte) as there:
        port = there.port
        matter = opened(port, tmp_path, local=local)
        of(matter, 1)
    with matter:
        until(lambda: not matter.report().connected)
        assert of(matter, 2)[0].frame.index == 2
        before = matter.report().local
        assert before >= 1
        with front(replica.matte, port=port):
            until(lambda: matter.report().connected)
            replica_grey = until_from_server(matter)
            assert replica_grey


def until_from_server(matter: RemoteMatter) -> bool:
    """Whether the server answers again; a busy machine may lose it once more."""
    for number in range(3, 200):
        before = matter.report().answered
        [matte] = of(matter, number)
        if matter.report().answered > before and np.ptp(matte.alpha) == 0:
            return grey(matte) == number
        time.sleep(0.02)
    return False


@pytest.mark.usefixtures("patient")
def test_without_a_fallback_a_lost_server_is_an_error(replica: Replica, tmp_path: Path) -> None:
    with front(replica.matte) as there:
        matter = opened(there.port, tmp_path)
        of(matter, 1)
    with matter:
        until(lambda: not matter.report().connected)
        with pytest.raises(MatterError, match="is lost") as lost:
            of(matter, 2)
        assert "--fallback local" in lost.value.cure


@pytest.mark.usefixtures("patient")
def test_an_error_of_the_server_is_a_loss(served: Front, replica: Replica, tmp_path: Path) -> None:
    with opened(served.port, tmp_path, local=Half()) as matter:
        replica.fail = "no memory left"
        assert of(matter, 1)[0].frame.index == 1
        assert matter.report().lost == 1
        assert "no memory left" in matter._link.why


def test_a_server_that_is_not_there_is_awaited(
    replica: Replica, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with front(replica.matte) as there:
        port = there.port
    with caplog.at_level(logging.WARNING, "greenless"):
        matter = opened(port, tmp_path, local=Half())
    assert "cannot reach" in caplog.text
    with matter:
        assert of(matter, 1)[0].frame.index == 1
        with front(replica.matte, port=port):
            until(lambda: matter.report().connected)


def test_without_a_fallback_the_server_must_be_there(replica: Replica, tmp_path: Path) -> None:
    with front(replica.matte) as there:
        port = there.port
    with pytest.raises(MatterError, match="cannot reach"):
        opened(port, tmp_path)


@pytest.mark.parametrize("local", [None, Half()])
def test_a_wrong_token_is_an_error_at_once(served: Front, tmp_path: Path, local: Matter | None) -> None:
    with pytest.raises(MatterError, match="token is missing or wrong") as refused:
        opened(served.port, tmp_path, local=local, token="another-token-0123456789")
    assert str(tmp_path / "token") in refused.value.cure


def test_a_size_that_the_server_does_not_take_is_an_error(replica: Replica, tmp_path: Path) -> None:
    with (
        front(replica.matte, limits=Limits(largest_px=200 * 120)) as there,
        pytest.raises(MatterError, match="too large"),
    ):
        opened(there.port, tmp_path, reference_size=512)


@pytest.mark.usefixtures("patient")
def test_frames_travel_encrypted_to_a_server_whose_certificate_is_trusted(
    replica: Replica, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = self_signed(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    with front(replica.matte, tls=tls) as there:
        with pytest.raises(MatterError, match="certificate is not trusted"):
            opened(there.port, tmp_path, scheme="wss")
        with pytest.raises(MatterError, match="cannot reach"):  # a client without TLS
            opened(there.port, tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with opened(there.port, tmp_path, scheme="wss") as matter:
            assert grey(of(matter, 77)[0]) == 77


def test_something_else_at_the_address_is_an_error(tmp_path: Path) -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Elsewhere(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        seen: ClassVar[list[str]] = []

        def do_GET(self) -> None:
            self.seen.append(self.headers.get("Authorization", ""))
            self.send_response(302)
            self.send_header("Location", f"ws://127.0.0.1:{other.server_port}/mattes")
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()

        def log_message(self, *text: object) -> None:
            pass

    class Other(Elsewhere):
        seen: ClassVar[list[str]] = []

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as first, HTTPServer(("127.0.0.1", 0), Other) as other:
        for server in (first, other):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(MatterError, match="302"):
            opened(first.server_port, tmp_path)
        for server in (first, other):
            server.shutdown()
    assert Elsewhere.seen
    assert Other.seen == []  # neither frames nor the token follow a redirect


@pytest.mark.skipif(os.name != "posix", reason="Windows has no modes")
@pytest.mark.parametrize(
    ("mode", "text", "what"),
    [
        (0o644, TOKEN, "other users"),
        (0o600, "short", "16 to 512"),
        (0o600, "spaces in the middle of it", "letters and digits"),
        (0o600, "x" * 2000, "16 to 512"),
        (0o600, "ü" * 20, "token"),
    ],
)
def test_a_token_file_that_is_no_secret_is_an_error(
    served: Front, tmp_path: Path, mode: int, text: str, what: str
) -> None:
    path = tmp_path / "mine"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    settings = MattingSettings(runtime="remote", server=f"ws://127.0.0.1:{served.port}", token_file=str(path))
    with pytest.raises(SettingsError, match=what):
        open_remote(settings, width_px=WIDTH_PX, height_px=HEIGHT_PX, local=Half, live=True)


def test_a_missing_token_file_is_an_error(tmp_path: Path) -> None:
    settings = MattingSettings(runtime="remote", server="ws://127.0.0.1:1", token_file=str(tmp_path / "none"))
    with pytest.raises(SettingsError, match="does not exist") as missing:
        open_remote(settings, width_px=WIDTH_PX, height_px=HEIGHT_PX, local=Half, live=True)
    assert "greenless serve" in missing.value.cure


@pytest.mark.parametrize("server", ["host:8480", "http://host:8480", "wss://", "wss://u:p@host", "wss://host:port"])
def test_a_server_has_an_address(server: str) -> None:
    with pytest.raises(SettingsError, match="wss://HOST:PORT"):
        MattingSettings(runtime="remote", server=server)


def test_the_runtime_remote_needs_a_server() -> None:
    with pytest.raises(SettingsError, match="needs the address"):
        MattingSettings(runtime="remote")


@pytest.mark.usefixtures("patient")
def test_the_report_counts_what_went_over_the_wire(served: Front, tmp_path: Path) -> None:
    with opened(served.port, tmp_path) as matter:
        for number in range(20):
            of(matter, number)
        report = matter.report()
        assert report.connected
        assert report.answered == 20  # without the probe
        assert (report.lost, report.local) == (0, 0)
        assert 0 < report.p50_ms <= report.p95_ms
        assert report.sent_mbit_s > 0
        assert report.received_mbit_s > 0
        assert f"ws://127.0.0.1:{served.port}" in str(report)
