import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from realtime.cli import main
from realtime.commands import service


@pytest.fixture(autouse=True)
def on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed greenless, in a folder whose name systemd could take wrongly."""
    program = tmp_path / "my tools 100%" / "greenless"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(program)])
    return program


def unit(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["service"]) == 0
    return capsys.readouterr().out


def test_the_unit_starts_this_greenless_on_demand(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = unit(capsys)
    start = f'ExecStart="{program.parent.parent}/my tools 100%%/greenless"'
    assert f"{start} run --on-demand --sink virtual-camera\n" in text
    assert "Restart=on-failure" in text
    assert "WantedBy=default.target" in text


def test_a_bundle_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The word that was typed in a shell names no file."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/usr/lib/greenless/greenless")
    assert service.command(Path("greenless")) == "/usr/lib/greenless/greenless"


def test_what_the_unit_starts_is_understood(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from realtime.cli import parse
    from realtime.commands import run

    [start] = [line for line in unit(capsys).splitlines() if line.startswith("ExecStart=")]
    words = start.partition("/greenless")[2].split()[-4:]
    options = parse(run, "run", words[1:])
    assert options.settings.camera.on_demand
    assert options.settings.sink == ("virtual-camera",)


def test_a_clone_is_started_by_its_python(tmp_path: Path) -> None:
    words = service.command(tmp_path / "realtime" / "__main__.py")
    assert words == f"/usr/bin/env PYTHONPATH={tmp_path} {sys.executable} -m realtime"


def test_systemd_takes_it(program: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    if not (analyze := shutil.which("systemd-analyze")):
        pytest.skip("no systemd-analyze")
    path = tmp_path / "greenless.service"
    path.write_text(unit(capsys))
    done = subprocess.run([analyze, "verify", "--man=no", str(path)], capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if "greenless" in line]
    assert not said


def test_elsewhere_there_is_no_systemd(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert main(["service"]) == 2
    assert "available only on Linux" in capsys.readouterr().err
