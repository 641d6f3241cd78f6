"""greenless image: what the off-line run is asked for, and what is said of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realtime.cli import main
from realtime.commands.offline_options import OfflineScene
from realtime.errors import SourceError
from realtime.matting.refine.fine_edges import FineEdges
from realtime.media.image_file import write_picture
from realtime.offline.report import Report
from realtime.offline.trimap import Refined
from realtime.scale import footage_jobs
from realtime.settings.schema import FinishSettings


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the off-line run was asked for; ``report`` is what it answers."""
    calls: dict[str, Any] = {"report": Report(matted=(), written=(), skipped=(), failures=())}

    def matte_pictures(inputs: tuple[Path, ...], output: Path | None, matter: Any, **options: Any) -> Report:
        options.pop("progress")(1, 2, "a.jpg")
        calls.update(options, inputs=inputs, output=output, fine=isinstance(matter, FineEdges))
        return calls["report"]

    class Matter:
        def __init__(self, settings: Any) -> None:
            calls["weights"] = settings.weights

        def close(self) -> None: ...

    monkeypatch.setattr(footage_jobs, "matte_pictures", matte_pictures)
    monkeypatch.setattr("realtime.commands.offline.open_matter", Matter)
    return calls


def test_everything_asked_for_arrives(asked: dict[str, Any]) -> None:
    words = "a.jpg folder -o out --background #00ff00 --combined --zip all.zip --weights x.onnx --black-point 0.1"
    assert main(["image", *words.split(), "--quality", "fast"]) == 0
    del asked["report"]
    assert asked == {
        "inputs": (Path("a.jpg"), Path("folder")),
        "output": Path("out"),
        "quality": "fast",
        "finish": FinishSettings(black_point=0.1),
        "scene": OfflineScene(),
        "refine": None,
        "drawing": None,
        "background": "#00ff00",
        "combined": True,
        "zip_path": Path("all.zip"),
        "keep": "credits",
        "skip_done": False,
        "weights": "x.onnx",
        "fine": False,
    }


def test_best_shows_the_network_more_sizes_and_is_the_default(asked: dict[str, Any]) -> None:
    assert main(["image", "a.jpg", "-o", "out"]) == 0
    assert (asked["quality"], asked["fine"]) == ("best", True)


def test_a_keyed_picture_takes_the_spill_away(asked: dict[str, Any]) -> None:
    """As the README has it for a live run."""
    assert main(["image", "a.jpg", "-o", "out", "--weights", "chroma", "--spill", "1"]) == 0
    assert (asked["weights"], asked["scene"].spill) == ("chroma", 1.0)


@pytest.mark.parametrize(
    ("words", "refine", "drawing"),
    [
        ("--trimap auto", Refined(), None),
        ("--trimap map.png", Refined(trimap="map.png"), Path("map.png")),
        ("--scribbles strokes.png", Refined(scribbles=Path("strokes.png")), Path("strokes.png")),
    ],
)
def test_drawings_ask_for_closed_form_matting(
    asked: dict[str, Any], words: str, refine: Refined, drawing: Path | None
) -> None:
    assert main(["image", "a.jpg", "-o", "out", *words.split()]) == 0
    assert (asked["refine"], asked["drawing"]) == (refine, drawing)


@pytest.mark.parametrize("flag", ["--scribbles", "--trimap"])
def test_one_drawing_for_several_pictures_is_an_error_and_writes_nothing(
    flag: str, tiny_network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("a.png", "b.png", "drawn.png"):
        write_picture((folder if name != "drawn.png" else tmp_path) / name, np.zeros((8, 8, 3), np.uint8))
    words = ["-o", str(tmp_path / "out"), flag, str(tmp_path / "drawn.png"), "--weights", str(tiny_network)]
    assert main(["image", str(folder), *words, "--runtime", "onnx", "--provider", "cpu"]) == 2
    message = "drawn.png is drawn for one image, but 2 were named. Type greenless image once for each"
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_was_left_out_and_what_failed_is_said_and_is_status_1(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    asked["report"] = Report(
        matted=(Path("a.jpg"),),
        written=(Path("out/a_alpha.png"), Path("out/a_cutout.png")),
        skipped=("notes.txt: no picture",),
        failures=(SourceError("b.jpg is no picture", cure="Save it anew"),),
    )
    assert main(["image", "folder", "-o", "out"]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == [str(Path("out/a_alpha.png")), str(Path("out/a_cutout.png"))]
    assert err.splitlines() == [
        "skipped: notes.txt: no picture",
        "greenless: error: b.jpg is no picture. Save it anew",
        "1 done, 2 files written, 1 failed, 1 left out (1 no picture)",
    ]


def test_a_name_of_two_lines_takes_one_line(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    name = Path("a\nb\x1b[2J.jpg")
    asked["report"] = Report(
        matted=(name,),
        written=(),
        skipped=(f"{name}: no picture",),
        failures=(SourceError(f"{name} is no picture", cure="Save it"),),
        incomplete=(f"{name}: 1 data track",),
        empty=(name,),
    )
    assert main(["image", "folder", "-o", "out"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        r"skipped: a\nb\x1b[2J.jpg: no picture",
        r"not in the output of a\nb\x1b[2J.jpg: 1 data track",
        r"no person found in a\nb\x1b[2J.jpg",
        r"greenless: error: a\nb\x1b[2J.jpg is no picture. Save it",
        "1 done, 0 files written, 1 failed, 1 without a person, 1 incomplete, 1 left out (1 no picture)",
    ]


@pytest.mark.parametrize(
    ("terminal", "shown"),
    [(True, ["out", "all.zip"]), (False, [*(f"out/{i}_alpha.png" for i in range(20)), "all.zip"])],
)
def test_of_many_outputs_a_terminal_gets_the_folders_and_a_program_every_one(
    asked: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    terminal: bool,
    shown: list[str],
) -> None:
    written = (*(Path(f"out/{i}_alpha.png") for i in range(20)), Path("all.zip"))
    asked["report"] = Report(matted=(), written=written, skipped=(), failures=())
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert main(["image", "folder", "-o", "out"]) == 0
    assert capsys.readouterr().out.splitlines() == [str(Path(line)) for line in shown]


def test_without_a_picture_it_says_how(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["image", "-o", "out"]) == 2
    assert capsys.readouterr().err == "greenless: error: expected at least one image. greenless image IMAGE -o FOLDER\n"


def test_an_overlay_that_nothing_shows_is_told(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["image", *["a.jpg", "-o", "out", "--overlay", "l.png"]]) == 0
    assert asked["scene"].overlay == "l.png"
    assert "the overlay is only in NAME_composite.png: add --background\n" in capsys.readouterr().err
