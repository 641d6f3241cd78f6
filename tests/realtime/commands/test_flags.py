"""The flags: what help shows, and which words turn a switch on and off."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from realtime.cli import COMMANDS, main
from realtime.commands import flags, run, settings
from realtime.settings.schema import CameraSettings

FLAG = re.compile(r"^ {2}(-\S.*?)(?= {2})", re.M)


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert ended.value.code == 0
    return capsys.readouterr().out.replace("│", " ")


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(autouse=True)
def _one_column(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_ten_options_and_help_all_the_rest(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    few, every = shown(capsys, name, "--help"), shown(capsys, name, "--help-all")
    listed, listed_all = ([flag for flag in FLAG.findall(text) if "--help" not in flag] for text in (few, every))
    assert set(listed) <= set(listed_all)
    assert len(listed) <= 11
    assert len(few.splitlines()) <= 48
    assert ("--help-all shows every option" in few) == (listed != listed_all)
    assert "--help-all shows" not in every


def test_the_help_of_run_is_that_of_greenless_with_options(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "run", "-h")
    assert all(f"--{name} " in text for name in run.EVERYDAY)
    assert "--white-point" not in text
    assert "--white-point" in shown(capsys, "--help-all")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_gives_no_default_that_is_none(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, name, "--help-all")
    assert "None" not in re.findall(r"\(default: ([^)]*)\)", text)
    assert "(default: )" not in text
    assert "{None}" not in text


def test_a_switch_is_shown_with_both_its_words_and_in_the_sense_of_its_help(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "my.toml"
    file.write_text("[finish]\nislands = false\n")
    for words, default in ((), "on"), (("--settings", str(file)), "off"):
        text = one_line(shown(capsys, "run", "--help-all", *words))
        assert re.search(rf"--islands, --no-islands +Remove specks [^(]*\(default: {default}\)", text)


def test_a_switch_of_the_command_has_one_word(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "run", "--help-all")
    assert "--no-json" not in text
    assert "--no-verbose" not in text


@pytest.mark.parametrize("file", ["true", "false"])
@pytest.mark.parametrize(("word", "value"), [("--on-demand", True), ("--no-on-demand", False)])
def test_either_word_is_taken_whatever_the_settings_file_says(
    file: str, word: str, value: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "my.toml"
    path.write_text(f"[camera]\non_demand = {file}\n")
    asked: list[settings.Options] = []
    monkeypatch.setattr(settings, "main", lambda options: asked.append(options) or 0)
    assert main(["settings", "--settings", str(path), word]) == 0
    assert asked[0].settings.camera.on_demand is value


def test_help_is_written_in_whole_paragraphs(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "run", "--help-all")
    assert "path of a .onnx, .ckpt or .safetensors file. chroma[:#RRGGBB] keys" in one_line(text)


@dataclass(frozen=True, kw_only=True)
class Fewer(CameraSettings):
    """The camera's settings, one of them in other words."""

    width: int = 640
    """How wide."""


@dataclass(frozen=True, kw_only=True)
class Some:
    """Some options."""

    camera: Fewer = Fewer()


def test_inherited_options_have_their_help_and_are_hidden_alike(capsys: pytest.CaptureFixture[str]) -> None:
    for word, count in ("--help", 1), ("--help-all", 9):
        with pytest.raises(SystemExit):
            flags.parse(Some, [word], prog="some", everyday=["width"])
        text = capsys.readouterr().out.replace("│", " ")
        assert len([flag for flag in FLAG.findall(text) if "--help" not in flag]) == count
        assert "How wide. (default: 640)" in one_line(text)
        assert ("Requested frame rate. (default: 30.0)" in one_line(text)) == (count > 1)
