"""The file of the token, which only its owner may read."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from realtime.errors import ControlError
from realtime.settings import paths
from realtime.web import access, client
from tests.realtime.web.conftest import Served

ROOT = Path(__file__).resolve().parents[3]


class TestAnotherUser:
    @pytest.mark.skipif(os.name != "posix", reason="Windows keeps others out of a user's folders by itself")
    def test_cannot_read_the_token(self, served: Served) -> None:
        assert stat.S_IMODE(paths.control_file().stat().st_mode) == 0o600

    @pytest.mark.skipif(os.name != "posix", reason="Windows keeps others out of a user's folders by itself")
    def test_a_token_that_others_could_read_is_used_no_more(self, greenless_home: Path) -> None:
        leaked = token()
        paths.control_file().chmod(0o644)
        assert access.running() == []
        assert token() != leaked
        assert stat.S_IMODE(paths.control_file().stat().st_mode) == 0o600

    @pytest.mark.skipif(os.name != "posix", reason="Windows keeps others out of a user's folders by itself")
    def test_cannot_hold_the_lock(self, greenless_home: Path) -> None:
        token()
        assert stat.S_IMODE(paths.control_file().with_name("settings.lock").stat().st_mode) == 0o600

    @pytest.mark.parametrize("kept", ['""', "null", "0"])
    def test_does_not_get_in_by_an_empty_token_in_the_file(self, greenless_home: Path, kept: str) -> None:
        paths.control_file().parent.mkdir(parents=True, exist_ok=True)
        paths.control_file().write_text(f'{{"token": {kept}}}')
        paths.control_file().chmod(0o600)
        assert len(token()) >= 43

    def test_cannot_guess_it(self, greenless_home: Path) -> None:
        assert len(token()) >= 43  # 256 bits
        assert token() == token()
        paths.control_file().unlink()
        assert len({token() for _ in range(3) if paths.control_file().unlink(missing_ok=True) is None}) == 3

    def test_is_not_sent_the_token_where_a_run_was_killed(self, greenless_home: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as foreign:
            script = (
                "import os, sys\n"
                "from realtime.web import access, client\n"
                f"with access.served('1-1', 'http://127.0.0.1:{foreign.getsockname()[1]}'):\n"
                "    print(client.running().url, flush=True)\n"
                "    sys.stdin.read()\n"
            )
            with subprocess.Popen(
                [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as run:
                assert run.stdout is not None
                assert run.stdout.readline().strip() == client.running().url
                run.kill()
            with pytest.raises(ControlError, match="no running greenless"):
                client.running()

    @pytest.mark.skipif(os.name != "posix", reason="Windows keeps others out of a user's folders by itself")
    def test_cannot_lead_a_client_to_a_server_of_their_own(
        self, greenless_home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with access.served("1-1", "http://127.0.0.1:1"):
            assert [run.url for run in access.running()] == ["http://127.0.0.1:1"]
            monkeypatch.setattr(os, "getuid", lambda: 4711)  # so the note is another user's
            assert access.running() == []

    def test_a_damaged_file_makes_a_new_token(self, greenless_home: Path) -> None:
        for text in ("", "{", "[]", "{}"):
            with access.served("1-1", "http://127.0.0.1:1") as run:
                paths.control_file().write_text(text)
                assert access.running() == []
            assert token() != run.token

    def test_a_damaged_entry_is_left_out(self, greenless_home: Path) -> None:
        with access.served("1-1", "http://127.0.0.1:1"):
            for text in ("", "{", "[]", '{"url": "http://127.0.0.1:2"}'):
                (paths.instances_folder() / "1-1.json").write_text(text)
                assert access.running() == []


def test_a_run_that_cannot_be_listed_says_so(greenless_home: Path, caplog: pytest.LogCaptureFixture) -> None:
    (paths.instances_folder() / "1-1.json").mkdir(parents=True)  # so the note cannot be written, as on a full disk
    with access.served("1-1", "http://127.0.0.1:1") as run:
        assert access.running() == []
    assert len(run.token) >= 43
    assert "greenless ctl cannot find this run" in caplog.text


def token() -> str:
    """The token of a run."""
    with access.served("1-1", "http://127.0.0.1:1") as run:
        return run.token
