"""``greenless serve`` says what is wrong before it starts Ray."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from realtime.cli import main
from realtime.scale import cluster
from realtime.scale.serve_front import bind
from realtime.settings import paths, token_file
from tests.realtime.scale.certificate import self_signed


@pytest.fixture(autouse=True)
def _no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here gets as far as a cluster."""

    def started(*args: object, **more: object) -> None:
        raise AssertionError("Ray was started")

    monkeypatch.setattr(cluster, "joined", started)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["serve", *words]) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--runtime", "remote", "--server", "ws://x:1"], "needs a network of its own"),
        (["--weights", "chroma"], "chroma key needs no server"),
        (["--weights", "no-such-network"], "no-such-network"),
        (["--port", "70000"], "port from 0 to 65535"),
        (["--replicas", "0"], "replicas as auto or from 1 to 1000"),
        (["--ray", "local", "--replicas", "900"], "900 replicas with 1 CPU each cannot start"),
        (["--ray", "local", "--replicas", "2", "--threads", "200"], "2 replicas with 200 CPUs each cannot start"),
        (["--largest-frame", "10"], "largest_frame from 1024"),
        (["--token-file", "~no-such-user/token"], "home folder in ~no-such-user/token is unknown"),
        (["--clients", "0"], "clients from 1"),
        (["--client-fps", "-1"], "client_fps from 0.01"),
        (["--client-fps", "nan"], "client_fps from 0.01"),
        (["--largest-frame", "0"], "largest_frame from 1024"),
        (["--gpus-per-replica", "-1"], "gpus-per-replica"),
        (["--gpus-per-replica", "nan"], "gpus-per-replica"),
        (["--stand-in-ms", "-5"], "stand_in_ms from 0"),
        (["--certificate", "cert.pem"], "--certificate needs --key"),
        (["--key", "key.pem"], "--key needs --certificate"),
        (["--certificate", "none.pem", "--key", "none.pem"], "cannot use the certificate none.pem"),
        (["--ray", "http://somewhere"], "address of a Ray cluster"),
        (["--ray", "ray://somewhere:10001"], "--ray auto"),
        (["--host", "203.0.113.1"], "cannot serve at 203.0.113.1"),
    ],
)
def test_a_wrong_option_is_an_error(words: list[str], what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert what in refused(capsys, *words)


@pytest.mark.parametrize(("flag", "word"), [("--replicas", "many"), ("--gpus-per-replica", "all")])
def test_neither_a_number_nor_auto_is_an_error(flag: str, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["serve", flag, word])
    assert end.value.code == 2
    errors = capsys.readouterr().err
    assert flag in errors
    assert "auto" in errors


def test_a_port_in_use_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with bind("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        assert f"cannot serve at 127.0.0.1:{port}" in refused(capsys, "--port", str(port))


@pytest.mark.skipif(os.name != "posix", reason="Windows has no modes")
def test_a_token_that_others_can_read_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "token"
    path.write_text("a-token-for-tests-0123456789")
    path.chmod(0o644)
    assert f"chmod 600 {path}" in refused(capsys, "--token-file", str(path))


@pytest.mark.skipif(os.name != "posix", reason="Windows has no modes")
def test_a_new_token_is_for_its_owner_only_and_stays() -> None:
    path = paths.server_token_file()
    token = token_file.read_or_made(path)
    assert len(token) >= 43  # 32 bytes in base64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert token_file.read_or_made(path) == token


def test_a_key_with_a_password_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """greenless does not ask for it: a service has no terminal."""
    certificate, key = self_signed(tmp_path, b"secret")
    what = refused(capsys, "--certificate", str(certificate), "--key", str(key))
    assert f"cannot use the certificate {certificate}" in what


def test_a_key_of_another_certificate_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    certificate, _ = self_signed(tmp_path)
    (tmp_path / "other").mkdir()
    _, key = self_signed(tmp_path / "other")
    assert "belong together" in refused(capsys, "--certificate", str(certificate), "--key", str(key))


@pytest.mark.slow
def test_without_ray_the_error_names_the_extra(tmp_path: Path) -> None:
    script = "import sys; sys.modules['ray'] = None; from realtime.cli import main; sys.exit(main(['serve']))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "GREENLESS_HOME": str(tmp_path)},
    )
    assert done.returncode == 2
    assert "pip install '.[ray]'" in done.stderr
