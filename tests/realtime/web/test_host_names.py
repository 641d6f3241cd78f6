"""By which names a browser may call the server."""

from pathlib import Path

import pytest

from realtime.cli import parse
from realtime.commands import run
from realtime.errors import SettingsError
from realtime.settings import file as settings_file
from realtime.settings.schema import ControlSettings
from realtime.web.host_names import is_own
from realtime.web.server import Server

PORT = 8470


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::"])
@pytest.mark.parametrize(
    ("also_at", "called"),
    [
        ("studio.local", "studio.local:8470"),
        ("Studio.Local", "STUDIO.local:8470"),
        ("localhost:9000", "localhost:9000"),
        ("studio.local:80", "studio.local"),
        ("192.168.1.2:9000", "192.168.1.2:9000"),
        ("[2001:db8::1]:9000", "[2001:db8::1]:9000"),
        ("[2001:db8::1]", "[2001:db8::1]:8470"),
    ],
)
def test_a_name_that_is_allowed_is_one(host: str, also_at: str, called: str) -> None:
    assert is_own(called, host=host, port=PORT, also_at=ControlSettings(also_at=(also_at,)).also_at)


@pytest.mark.parametrize(
    "called",
    [
        *("studio.local", "studio.local:9000", "localhost:9001", "127.0.0.1:9000", "evil.studio.local:8470"),
        *("studio.local.evil.example:8470", "evil.example:8470", "studio.local:8470:8470", ":8470", ""),
    ],
)
def test_no_other_becomes_one_by_it(called: str) -> None:
    assert not is_own(called, host="127.0.0.1", port=PORT, also_at=["studio.local", "localhost:9000"])


@pytest.mark.parametrize(
    "name",
    ["", "http://studio.local", "studio.local/", "*", "a b", "studio.local:", "studio.local:x", "::1", "ü.local"],
)
def test_what_is_no_name_is_an_error_with_an_example(name: str) -> None:
    with pytest.raises(SettingsError, match="expected also_at as NAME or NAME:PORT") as error:
        ControlSettings(also_at=("studio.local", name))
    assert "localhost:9000" in error.value.cure
    assert error.value.key == "also_at"


def test_file_and_command_line_allow_names(greenless_home: Path) -> None:
    greenless_home.mkdir()
    file = greenless_home / "settings.toml"
    file.write_text('[control]\nalso_at = ["studio.local"]\n', encoding="utf-8")
    assert settings_file.load(file).settings.control.also_at == ("studio.local",)
    options = parse(run, "run", ["--also-at", "localhost:9000", "--also-at", "desk.local"])
    assert options.settings.control.also_at == ("studio.local", "localhost:9000", "desk.local")


def test_the_addresses_to_open_are_those_of_the_names() -> None:
    settings = ControlSettings(port=0, also_at=("studio.local", "localhost:9000", "[2001:db8::1]"))
    with Server(settings) as server:
        port = server._socket.getsockname()[1]
        assert [page.partition("/#")[0] for page in server.pages_elsewhere] == [
            f"http://studio.local:{port}",
            "http://localhost:9000",
            f"http://[2001:db8::1]:{port}",
        ]
