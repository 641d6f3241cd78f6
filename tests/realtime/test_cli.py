"""The command line: dispatch, what goes before what, errors in one line, the log."""

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from realtime import __version__, cli
from realtime.cli import COMMANDS, main
from realtime.commands import run
from realtime.commands.common import Common, logged
from realtime.errors import SinkError
from realtime.settings.schema import Settings


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[run.Options]:
    """What ``greenless run`` was asked for, instead of running it."""
    options: list[run.Options] = []
    monkeypatch.setattr(run, "main", lambda o: options.append(o) or 0)
    return options


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """``greenless run`` ends with an error."""

    def fail(options: run.Options) -> int:
        logging.getLogger("greenless").warning("it smells")
        logging.getLogger("greenless").debug("of smoke")
        raise SinkError("the disk is full", cure="Free some space")

    monkeypatch.setattr(run, "main", fail)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"greenless {__version__}\n"


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n  {name} " in out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help-all"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert f"usage: greenless {name}" in out
    assert "settings." not in out, "headings speak of the camera, not of where it stands in the code"
    assert "--log-file" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["runn"], "greenless: error: unknown command 'runn'. Did you mean greenless run?\n"),
        (["zzz"], "greenless: error: unknown command 'zzz'. greenless --help lists the commands\n"),
        (["run", "--width", "3"], "greenless: error: expected width from 16 to 7680 px, got 3\n"),
    ],
)
def test_a_wrong_word_is_one_line_and_status_2(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert capsys.readouterr() == ("", message)


def test_an_unknown_flag_names_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "--widht", "640"])
    assert ended.value.code == 2
    assert "--width" in capsys.readouterr().err


def test_greenless_alone_is_run(asked: list[run.Options]) -> None:
    main([])
    main(["--source", "sample"])
    main(["run", "--source", "sample"])
    assert [options.settings.source for options in asked] == ["camera", "sample", "sample"]


def test_flags_are_flat_and_sinks_add_up(asked: list[run.Options]) -> None:
    words = "--camera 1 --width 640 --height 480 --fps 25 --pixel-format YUYV --background #00ff00 --fit contain"
    words += " --sink null --sink out.mp4 --runtime torch --provider cpu --weights x.onnx --reference-size 192"
    words += " --threads 2 --seconds 3 --json --verbose"
    assert main(["run", *words.split()]) == 0
    [options] = asked
    assert options.settings.sink == ("null", "out.mp4")
    assert (options.settings.camera.camera, options.settings.camera.fps) == ("1", 25.0)
    assert (options.settings.matting.runtime, options.settings.matting.reference_size) == ("torch", 192)
    assert options.settings.scene.background == "#00ff00"
    assert (options.seconds, options.json, options.common.verbose) == (3.0, True, True)


@pytest.mark.parametrize("named", [True, False])
def test_the_command_line_overrides_the_file_and_the_file_the_defaults(
    named: bool, asked: list[run.Options], greenless_home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "my.toml" if named else greenless_home / "settings.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text('source = "sample"\nsink = ["preview"]\n[camera]\nwidth = 640\nfps = 25\n')
    flag = ["--settings", str(path)] if named else []
    main([*flag, "--width", "320"])
    main([*flag, "--sink", "null"])
    first, second = (options.settings for options in asked)
    assert (first.source, first.sink) == ("sample", ("preview",))
    assert (first.camera.width, first.camera.fps, first.camera.height) == (320, 25.0, Settings().camera.height)
    assert second.sink == ("null",)


def test_a_faulty_settings_file_is_an_error_that_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "my.toml"
    path.write_text("widht = 3")
    assert main(["run", f"--settings={path}"]) == 2
    assert capsys.readouterr().err == (
        f"greenless: error: {path}, line 1: unknown key widht. Did you mean width in the table [camera]?\n"
    )


@pytest.mark.usefixtures("broken")
def test_an_error_is_one_line_with_its_cure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == 2
    assert capsys.readouterr() == (
        "",
        "greenless: it smells\ngreenless: error: the disk is full. Free some space\n",
    )


@pytest.mark.usefixtures("broken")
def test_debug_shows_the_traceback_and_verbose_the_details(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err
    assert main(["run", "--verbose"]) == 2
    assert "greenless: of smoke\n" in capsys.readouterr().err


@pytest.mark.usefixtures("broken")
def test_the_log_file_has_everything_and_grows(tmp_path: Path) -> None:
    path = tmp_path / "greenless.log"
    for _ in range(2):
        main(["run", "--log-file", str(path)])
    text = path.read_text()
    assert text.count("WARNING MainThread: it smells") == text.count("DEBUG MainThread: of smoke") == 2
    assert text.count("SinkError: the disk is full. Free some space") == 2
    assert logging.getLogger("greenless").handlers == []


@pytest.mark.filterwarnings("always")
def test_what_libraries_warn_of_goes_into_the_log_file_and_not_onto_the_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def warn(options: run.Options) -> int:
        warnings.warn("Palette images with Transparency expressed in bytes", UserWarning, stacklevel=1)
        logging.getLogger("PIL.TiffImagePlugin").error("More samples per pixel than can be decoded: 18432")
        return 0

    monkeypatch.setattr(run, "main", warn)
    path = tmp_path / "greenless.log"
    assert main(["run", "--log-file", str(path)]) == 0
    assert capsys.readouterr() == ("", "")
    words = ("Palette images", "More samples per pixel")
    assert all(word in path.read_text() for word in words)
    assert main(["run", "--verbose"]) == 0
    err = capsys.readouterr().err
    assert all(word in err for word in words)
    assert all(type(handler) is logging.NullHandler for handler in logging.getLogger("PIL").handlers)
    assert logging.getLogger("py.warnings").handlers == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="wants a device that is always full")
def test_a_full_disk_under_the_log_file_is_said_once_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with logged(Common(log_file=Path("/dev/full"))):
        for word in ("one", "two"):
            logging.getLogger("greenless").debug(word)
    said = "greenless: cannot write the log file /dev/full: [Errno 28] No space left on device\n"
    assert capsys.readouterr().err == said


def test_a_log_file_that_cannot_be_written_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--log-file", str(tmp_path / "none" / "x.log")]) == 2
    assert "cannot write the log file" in capsys.readouterr().err


def test_ctrl_c_is_status_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "main", interrupt)
    assert main(["run"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_command_without_settings_never_reads_the_file(monkeypatch: pytest.MonkeyPatch, greenless_home: Path) -> None:
    greenless_home.mkdir()
    (greenless_home / "settings.toml").write_text("this is no TOML")

    @dataclass(frozen=True, kw_only=True)
    class Options:
        common: Common = Common()

    module = SimpleNamespace(Options=Options, main=lambda _: 0)
    monkeypatch.setattr(cli.importlib, "import_module", lambda _: module)
    assert main(["doctor"]) == 0


PRESETS = "[scene]\nfit = 'contain'\n[presets.meeting.scene]\nbackground = '#000080'\n"


def test_a_preset_overrides_the_file_and_the_command_line_overrides_both(
    tmp_path: Path, asked: list[run.Options]
) -> None:
    path = tmp_path / "s.toml"
    path.write_text(PRESETS)
    assert main(["--settings", str(path), "--preset", "meeting"]) == 0
    assert main(["--settings", str(path), "--preset=meeting", "--background", "none"]) == 0
    assert [(o.settings.scene.background, o.settings.scene.fit) for o in asked] == [
        ("#000080", "contain"),
        ("none", "contain"),
    ]


def test_a_preset_that_is_not_there_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.toml"
    path.write_text(PRESETS)
    assert main(["--settings", str(path), "--preset", "meting"]) == 2
    assert capsys.readouterr().err.endswith("there is no preset 'meting'. Did you mean meeting?\n")
