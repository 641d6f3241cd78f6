"""The file of the token, which only its owner may read."""

import json
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


class TestAnotherUser:
    @pytest.mark.skipif(os.name != "posix", reason="Windows keeps others out of a user's folders by itself")
    def test_cannot_read_the_token(self, served: Served) -> None:
        assert stat.S_IMODE(paths.control_file().stat().st_mode) == 0o600

    @pytest.mark.skipif(os.name != "posix", reason="Windows keeps others out of a user's folders by itself")
    def test_a_token_that_others_could_read_is_used_no_more(self, greenless_home: Path) -> None:
        leaked = access.started("http://127.0.0.1:1").token
        paths.control_file().chmod(0o644)
        assert access.started("http://127.0.0.1:1").token != leaked
        assert stat.S_IMODE(paths.control_file().stat().st_mode) == 0o600

    @pytest.mark.skipif(os.name != "posix", reason="Windows keeps others out of a user's folders by itself")
    def test_cannot_hold_the_lock(self, greenless_home: Path) -> None:
        with access._changing():
            assert stat.S_IMODE(paths.control_file().with_suffix(".lock").stat().st_mode) == 0o600

    def test_does_not_get_in_by_an_empty_token_in_the_file(self, greenless_home: Path) -> None:
        paths.control_file().parent.mkdir(parents=True, exist_ok=True)
        paths.control_file().write_text('{"token": "", "runs": []}')
        paths.control_file().chmod(0o600)
        assert len(access.started("http://127.0.0.1:1").token) >= 43

    def test_cannot_guess_it(self, greenless_home: Path) -> None:
        assert len(access.started("http://127.0.0.1:1").token) >= 43  # 256 bits
        assert access.started("http://127.0.0.1:2").token == access.started("http://127.0.0.1:1").token
        paths.control_file().unlink()
        assert (
            len({access.started("x").token for _ in range(3) if paths.control_file().unlink(missing_ok=True) is None})
            == 3
        )

    @pytest.mark.skipif(os.name != "posix", reason="Windows cannot be asked whether a process is there")
    def test_is_not_sent_the_token_where_a_run_was_killed(self, greenless_home: Path) -> None:
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        with socket.create_server(("127.0.0.1", 0)) as foreign:
            access.started(f"http://127.0.0.1:{foreign.getsockname()[1]}")
            assert client.running()
            known = json.loads(paths.control_file().read_text())
            known["runs"][0]["pid"] = ended.pid
            paths.control_file().write_text(json.dumps(known))
            with pytest.raises(ControlError, match="does not answer"):
                client.running()

    def test_a_damaged_file_makes_a_new_token(self, greenless_home: Path) -> None:
        first = access.started("http://127.0.0.1:1").token
        for text in ("", "{", "[]", '{"token": "a"}', '{"token": "a", "runs": [{"url": "b", "pid": "c"}]}'):
            paths.control_file().write_text(text)
            assert access.running() == []
        assert access.started("http://127.0.0.1:1").token != first
