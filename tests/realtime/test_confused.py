"""No value of a setting, whichever way it comes, ends in a traceback, and a refused one changes nothing."""

import itertools
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from realtime.cli import main
from realtime.errors import SettingsError
from realtime.session.session import Session
from realtime.settings.file import load, write
from realtime.settings.schema import CameraSettings, ControlSettings, MattingSettings, SceneSettings, Settings
from realtime.settings.tree import laid_over
from realtime.web.server import Server
from tests.realtime.confused import JSON, KEYS, TOML, WORDS, some
from tests.realtime.web.conftest import Served

SETTINGS = Settings(
    source="sample:rendered",
    camera=CameraSettings(width=64, height=36),
    matting=MattingSettings(weights="chroma:#00b140"),
    scene=SceneSettings(background="#00b140"),
    sink=("null",),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


@pytest.fixture
def session(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session that opens what is named in earnest, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    with closing(Session(SETTINGS, path=path)) as session:
        yield session


@pytest.fixture
def served(session: Session, greenless_home: Path) -> Iterator[Served]:
    with Server(ControlSettings(port=0)) as server:
        server.serve(session)
        yield Served(server, session)


@pytest.mark.slow
def test_no_call_of_the_control_page_fails_and_a_refused_one_changes_nothing(served: Served) -> None:
    base = json.loads(served.ask("GET", "/api/state").content)["settings"]
    before = served.session.settings
    for (group, key), value in some(list(itertools.product(KEYS, JSON))):
        body = f'{{"{key}": {value}}}'
        answer = served.ask("POST", "/api/settings", (f'{{"{group}": {body}}}' if group else body).encode())
        assert answer.status in (200, 400), (group, key, value[:80])
        if answer.status == 400:
            assert answer.json["error"]
            assert served.session.settings == before, (group, key, value[:80])
        assert served.ask("GET", "/api/state").status == 200
        if served.session.settings != before:
            assert served.ask("POST", "/api/settings", base).status == 200, (group, key, value[:80])
            assert served.session.settings == before


@pytest.mark.parametrize("name", ["\ud800", "\udcff.png", "n" * 300, "~nosuchuser", "x" * 9000, "a\0b", "\x1b[2J"])
def test_no_name_of_a_preset_or_a_background_fails(served: Served, name: str) -> None:
    from urllib.parse import quote

    named = quote(name.encode("utf-8", "surrogatepass"), safe="")
    for method, verb in (
        *(("PUT", "presets/{}"), ("POST", "presets/{}/apply"), ("DELETE", "presets/{}")),
        *(("DELETE", "backgrounds/{}"), ("GET", "backgrounds/{}/thumbnail"), ("POST", "backgrounds?name={}")),
    ):
        assert served.ask(method, "/api/" + verb.format(named), b"").status in (200, 400, 404)
        assert served.ask("GET", "/api/state").status == 200


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"1", b"null", b'"x"', b"\xff\xfe", b"[" * 60000, b'{"":' * 16000, b"1" * 60000),
        *(b'{"\\ud800": 1}', b'{"\\ud800": {}}', b'{"scene": {"\\ud800": 1}}', b'{"sink": {"\\ud800": 1}}'),
        *(b'{"' + b"k" * 60000 + b'": 1}', b'{"presets": 1}', b'{"__class__": {"a": 1}}', b'{"control": {}}'),
        *(b'{"closed": "\\ud800"}', b'{"closed": NaN}', b'{"closed": 1' + b"0" * 309 + b"}", b'{"token": "\\ud800"}'),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_no_body_of_a_request_fails(served: Served, body: bytes) -> None:
    for path in ("settings", "login"):
        assert served.ask("POST", f"/api/{path}", body).status in (400, 401)
    assert served.session.settings == SETTINGS
    toggles = body.startswith(b"{") and body.endswith(b"}") and b"closed" not in body
    assert served.ask("POST", "/api/shutter", body).status == (200 if toggles else 400)
    assert served.session.shutter_closed == toggles


def test_a_name_of_a_background_that_is_not_utf8_hides_itself_alone(served: Served, greenless_home: Path) -> None:
    folder = greenless_home / "backgrounds"
    folder.mkdir()
    (folder / "beach.png").touch()
    try:
        (folder / "caf\udce9.png").touch()
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system takes no such name")
    (folder / "two\nlines.png").touch()
    names = [row["name"] for row in served.ask("GET", "/api/state").json["backgrounds"] if row["name"]]
    assert names == ["beach.png"]
    for _ in range(8):
        assert served.ask("POST", "/api/next").status in (200, 400)
    assert served.ask("GET", "/api/state").status == 200


def test_no_line_of_a_settings_file_ends_in_a_traceback(path: Path) -> None:
    for (group, key), value in some(list(itertools.product(KEYS, TOML))):
        path.write_text(f"[{group}]\n{key} = {value}\n" if group else f"{key} = {value}\n", encoding="utf-8")
        try:
            settings = load(path).settings
        except SettingsError:
            continue
        write(path, settings)
        assert load(path).settings == settings


@pytest.mark.slow
def test_a_faulty_edit_while_it_runs_changes_nothing(session: Session, path: Path) -> None:
    for value in some(TOML):
        path.write_text(f"[camera]\nwidth = {value}\n", encoding="utf-8")
        session.reload()
        assert session.settings == SETTINGS


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "a = " + "[" * 100_000,
        "[" + "a." * 100_000 + "a]",
        "a." * 100_000 + "a = 1",
        "[presets." + "'a' . " * 100_000 + "a]\nx = 1",
        "source = '" + "a" * 1_000_000 + "'",
        "presets = " + "[" * 900 + "]" * 900,
        "presets = " + "{a=" * 900 + "1" + "}" * 900,
        "\0",
        "camera = \ud800",
        "'" * 7,
    ],
    ids=lambda text: text[:12],
)
def test_no_settings_file_ends_in_a_traceback(path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert main(["settings", "--settings", str(path)]) == 2
    assert "greenless: error: " in capsys.readouterr().err


@pytest.mark.slow
def test_no_word_of_the_command_line_ends_in_a_traceback(
    greenless_home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for (_, key), word in some(list(itertools.product(KEYS, WORDS))):
        try:
            status = main(["settings", f"--{key.replace('_', '-')}={word}"])
        except SystemExit as end:
            status = end.code
        assert status in (0, 2), (key, word[:80])
        capfd.readouterr()
    assert not greenless_home.exists()


@pytest.mark.slow
def test_no_word_of_ctl_ends_in_a_traceback(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    before = served.session.settings
    for (group, key), word in some(list(itertools.product(KEYS, WORDS))):
        status = main(["ctl", "set", f"{group}.{key}={word}".lstrip(".")])
        assert status in (0, 2), (key, word[:80])
        if status == 2:
            assert served.session.settings == before, (key, word[:80])
        served.session.change(laid_back(before))
    for word in WORDS:
        assert main(["ctl", "preset", "--", word]) == 2
        assert main(["ctl", "preset", "--save", "--", word]) in (0, 2)
    assert "Traceback" not in capsys.readouterr().err


LONG = "n" * 300


@pytest.mark.parametrize(
    "words",
    [
        *(["bench", "--json", f"{LONG}/x.json"], ["weights", "import", f"{LONG}.onnx"], ["weights", "fetch", "\udcff"]),
        ["weights", "export", "greenless-lite", "-o", f"{LONG}.onnx"],
        *(["evaluate", "--images", LONG, "--mattes", LONG], ["evaluate", "--clips", LONG]),
        *(["train", "--people", LONG, "--rooms", LONG], ["adapt", LONG, "-o", "mine.safetensors"]),
        *(["settings", "--settings", LONG, "--write"], ["settings", "--settings", "\udcff.toml"]),
        *(["demo", "--seconds", "nan"], ["demo", "--seconds", "inf"], ["run", "--sink", "null", "--seconds", "nan"]),
        *(["run", "--preset", "\udcff"], ["run", "--log-file", LONG], ["ctl", "preset", "\udcff"], ["\udcff"]),
    ],
    ids=lambda words: repr(" ".join(words))[:40],
)
def test_no_name_or_number_beside_the_settings_ends_in_a_traceback(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert "greenless: error: " in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["settings"], ["settings", "--write"], ["doctor", "--json"]])
def test_no_home_with_too_long_a_name_ends_in_a_traceback(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREENLESS_HOME", str(tmp_path / LONG))
    expected = {"settings": {0}, "settings --write": {2}, "doctor --json": {0, 1}}  # 1 if anything else is missing
    assert main(words) in expected[" ".join(words)]


def laid_back(settings: Settings) -> dict[str, object]:
    """The tables that bring ``settings`` back."""
    from realtime.web.describe import values

    tables = values(settings)
    assert laid_over(Settings(), tables) == settings
    return tables
