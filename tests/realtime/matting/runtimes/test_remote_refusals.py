"""A server that cannot be used is named with the reason, and the link outlives each failed attempt."""

import os
import ssl
import threading
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from realtime.errors import MatterError, SettingsError
from realtime.matting.matter import Matter
from realtime.matting.runtimes import remote_wire
from realtime.matting.runtimes.remote_matter import link_is_local, open_remote
from realtime.scale.serve_front import Front
from realtime.scale.serve_limits import Limits
from realtime.settings.schema import MattingSettings
from tests.realtime.matting.runtimes.remote_client import grey, of, opened
from tests.realtime.scale.certificate import self_signed
from tests.realtime.scale.matting_server import HEIGHT_PX, TOKEN, WIDTH_PX, Replica, front, token_file
from tests.realtime.stand_ins import Half

pytestmark = pytest.mark.usefixtures("soon")


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
        with pytest.raises(MatterError, match=r"no matting server answers there .* needs wss://"):
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


@pytest.mark.parametrize(
    "server",
    ["host:8480", "http://host:8480", "wss://", "wss://u:p@host", "wss://host:port", "ws://host:0", "ws://h:65536"],
)
def test_a_server_has_an_address(server: str) -> None:
    with pytest.raises(SettingsError, match="wss://HOST:PORT"):
        MattingSettings(runtime="remote", server=server)


def test_the_runtime_remote_needs_a_server() -> None:
    with pytest.raises(SettingsError, match="needs the address"):
        MattingSettings(runtime="remote")


def test_tls_to_a_server_without_it_is_an_error(served: Front, tmp_path: Path) -> None:
    with pytest.raises(MatterError, match="needs ws://"):
        opened(served.port, tmp_path, scheme="wss")


@pytest.mark.parametrize(("port", "why"), [(1, "Connection refused"), (9, "Connection refused")])
def test_an_address_without_a_server_is_an_error(tmp_path: Path, port: int, why: str) -> None:
    with pytest.raises(MatterError, match=why):
        opened(port, tmp_path)


def test_a_name_that_cannot_be_resolved_is_an_error(tmp_path: Path) -> None:
    """It raises a UnicodeError, which is neither an OSError nor one of the protocol. The link must go on."""
    settings = MattingSettings(
        runtime="remote", server="ws://a..b:8480", token_file=str(token_file(tmp_path)), fallback="local"
    )
    with open_remote(settings, width_px=WIDTH_PX, height_px=HEIGHT_PX, local=Half, live=True) as matter:
        assert "label empty" in matter._link.why
        assert matter._link._thread.is_alive()
        assert of(matter, 1)[0].frame.index == 1


def test_a_server_that_asks_for_more_than_usual_needs_your_consent(tmp_path: Path) -> None:
    """Otherwise a server alone would decide that frames travel at nearly their full size."""

    async def blank(request: bytes) -> bytes:
        number, size = remote_wire.head_of(request)
        return remote_wire.answer(number, np.zeros(size[::-1], np.float32))

    with front(blank, reference_px=1024, limits=Limits(largest_px=10**7)) as there:
        with pytest.raises(MatterError, match=r"asks for frames of 1696x1024.*--reference-size 1024 here"):
            opened(there.port, tmp_path, local=Half())
        with opened(there.port, tmp_path, reference_size=1024) as matter:
            assert matter.report().connected


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("ws://127.0.0.1:8480", True),
        ("ws://localhost:8480/mattes", True),
        ("ws://[::1]:8480", True),
        ("ws://localhost.example.org:8480", False),
        ("ws://127.example.org", False),
    ],
)
def test_only_this_machine_is_local(url: str, local: bool) -> None:
    """Everywhere else, ws:// is reported, because others can read it."""
    assert link_is_local(url) is local
