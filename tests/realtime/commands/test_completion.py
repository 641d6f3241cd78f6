"""greenless completion: a script that the shell takes and that completes."""

import shutil
import subprocess
from pathlib import Path

import pytest

from realtime.cli import main


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("greenless sett", "settings"),
        ("greenless run --wid", "--width"),
        ("greenless run --fit ", "cover contain stretch"),
    ],
)
def test_bash_completes(typed: str, completed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not (bash := shutil.which("bash")):
        pytest.skip("no bash")
    assert main(["completion", "bash"]) == 0
    script = tmp_path / "greenless"
    script.write_text(capsys.readouterr().out)
    words = typed.split(" ")
    ask = f"""
        source {script}
        COMP_WORDS=({" ".join(word or "''" for word in words)}) COMP_CWORD={len(words) - 1}
        $(complete -p greenless | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run([bash, "--norc", "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == completed
