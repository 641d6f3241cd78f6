"""Names and machines: which of them reach the server."""

import socket
from collections.abc import Callable

import pytest

from realtime.cli import main
from realtime.settings.schema import ControlSettings
from realtime.web.host_names import is_own
from tests.realtime.web.conftest import Served
from tests.realtime.web.raw_request import raw


class TestAnotherName:
    """DNS rebinding: a name of the attacker's that means 127.0.0.1 all of a sudden, so that the origin is its own."""

    @pytest.mark.parametrize(
        "host",
        [
            *("evil.example", "evil.example:{port}", "127.0.0.1.evil.example:{port}", "localhost.evil.example:{port}"),
            *("127.0.0.1", "127.0.0.1:1", "", "a:b:{port}", "192.168.1.2:{port}", "evil@127.0.0.1:{port}"),
            "[::1%;script-src *]:{port}",
        ],
    )
    @pytest.mark.parametrize("path", ["/api/state", "/", "/api/login"])
    def test_is_refused_even_with_the_token(self, served: Served, host: str, path: str) -> None:
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {host.format(port=served.port)}",
            f"Authorization: Bearer {served.token}",
        ]
        status, content = raw(served, lines)
        assert status in (400, 421)
        assert b"settings" not in content

    def test_two_names_are_refused(self, served: Served) -> None:
        lines = ["GET /api/state HTTP/1.1", f"Host: 127.0.0.1:{served.port}", "Host: evil.example"]
        assert raw(served, [*lines, f"Authorization: Bearer {served.token}"])[0] in (400, 421)

    @pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "[::1]:{port}", "127.0.0.2:{port}"])
    def test_the_names_of_this_machine_will_do(self, served: Served, host: str) -> None:
        lines = ["GET /api/state HTTP/1.1", f"Host: {host.format(port=served.port)}"]
        assert raw(served, [*lines, f"Authorization: Bearer {served.token}"])[0] == 200


class TestAnotherMachine:
    def test_cannot_connect_unless_allowed(self, served: Served) -> None:
        assert ControlSettings().host == "127.0.0.1"
        assert served.server._socket.getsockname()[0] == "127.0.0.1"

    def test_may_use_an_address_but_no_name_where_allowed(self, make_served: Callable[..., Served]) -> None:
        served = make_served(host="0.0.0.0")
        for host, status in (("192.168.1.2", 200), ("127.0.0.1", 200), ("evil.example", 421)):
            lines = ["GET /api/state HTTP/1.1", f"Host: {host}:{served.port}", f"Authorization: Bearer {served.token}"]
            assert raw(served, lines)[0] == status
            assert raw(served, lines[:2])[0] in (401, 421)

    @pytest.mark.usefixtures("ipv6")
    @pytest.mark.parametrize("host", ["::", "::1"])
    def test_may_connect_by_ipv6_where_allowed(self, make_served: Callable[..., Served], host: str) -> None:
        served = make_served(host=host)
        assert served.url == f"http://[::1]:{served.port}"
        assert served.ask("GET", "/api/state").status == 200
        page = served.ask("GET", "/", headers={"Origin": served.url})
        assert page.status == 200
        assert "connect-src 'self';" in page.headers["content-security-policy"]
        assert served.ask("GET", "/", headers={"Host": f"[2001:db8::1]:{served.port}"}).status == (
            200 if host == "::" else 421
        )
        assert served.ask("GET", "/", headers={"Host": f"evil.example:{served.port}"}).status == 421
        assert main(["ctl", "next"]) == 0

    @pytest.mark.usefixtures("ipv6")
    def test_by_two_colons_both_kinds_of_addresses_are_meant(self, make_served: Callable[..., Served]) -> None:
        served = make_served(host="::")
        for host in ("127.0.0.1", "192.168.1.2"):
            lines = ["GET /api/state HTTP/1.1", f"Host: {host}:{served.port}", f"Authorization: Bearer {served.token}"]
            assert raw(served, lines)[0] == 200

    @pytest.mark.parametrize(
        ("host", "address"), [("127.0.0.1", ""), ("0.0.0.0", "http://192.168.1.2:{port}/#token={token}")]
    )
    def test_gets_the_address_where_it_may_connect(
        self, make_served: Callable[..., Served], monkeypatch: pytest.MonkeyPatch, host: str, address: str
    ) -> None:
        served = make_served(host=host)

        class Probe(socket.socket):
            """Of a machine in a network."""

            def connect(self, _: object) -> None:
                pass

            def getsockname(self) -> tuple[str, int]:
                return "192.168.1.2", 1

        monkeypatch.setattr(socket, "socket", Probe)
        expected = [address.format(port=served.port, token=served.token)] if address else []
        assert served.server.pages_elsewhere == expected

    def test_may_use_the_configured_name(self) -> None:
        assert is_own("desk.local:8470", host="Desk.local", port=8470)
        assert is_own("192.168.1.2:8470", host="Desk.local", port=8470)
        assert not is_own("evil.example:8470", host="Desk.local", port=8470)

    @pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "127.0.0.1:80", "[::1]:80"])
    def test_may_leave_out_the_port_that_browsers_leave_out(self, host: str) -> None:
        assert is_own(host, host="", port=80)
        assert not is_own(host, host="", port=8470)


@pytest.fixture
def ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"this machine has no IPv6: {error}")
