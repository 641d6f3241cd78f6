"""greenless demo: a window where there is a display, a video and a contact sheet where there is none."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from realtime.cli import main
from realtime.commands.contact_sheet import ContactSheet
from realtime.commands.sheet import GAP_PX, PAPER, TILE_PX
from realtime.errors import MatterError
from realtime.frame import Composite, Frame, Matte


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_with_a_display_it_opens_a_window_and_writes_nothing(
    stage: Any, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo"]) == 0
    assert stage.sources == ["sample"]
    assert [sink.spec for sink in stage.sinks] == ["preview"]
    assert [path for path in folder.iterdir() if path.is_file()] == []
    assert "5 frames in " in capsys.readouterr().out


@pytest.mark.slow
def test_without_one_it_writes_a_video_and_a_contact_sheet(
    stage: Any, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.display = False
    stage.count, stage.period_s = 10_000, 0.01
    row_px = TILE_PX * 48 // 64 + GAP_PX
    for seconds in ("5", "20", "60"):  # a busy machine may have no frame yet when the first background goes
        assert main(["demo", "--seconds", seconds, "--background", "#0000ff"]) == 0
        assert stage.sinks[-1].spec == "demo.mp4"
        assert "demo.mp4 and demo.png" in capsys.readouterr().err
        sheet = cv2.imread(str(folder / "demo.png"))
        assert sheet is not None
        if sheet.shape[0] > 4 * row_px:
            break
    assert sheet.shape == (GAP_PX + 4 * row_px, GAP_PX + 3 * (TILE_PX + GAP_PX), 3)
    np.testing.assert_array_equal(sheet[:GAP_PX], np.full_like(sheet[:GAP_PX], PAPER[0]))
    original, matte, composite = (sheet[GAP_PX + 100, GAP_PX + i * (TILE_PX + GAP_PX) + 350] for i in range(3))
    np.testing.assert_array_equal([original, matte, composite], [[128] * 3, [0] * 3, [255, 0, 0]])
    backgrounds = {tuple(sheet[GAP_PX + 100 + i * row_px, -100]) for i in range(4)}
    assert len(backgrounds) == 4


def test_what_cannot_start_is_an_error(stage: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stage.missing = {"sample": MatterError("no network", cure="Install greenless anew")}
    assert main(["demo"]) == 2
    assert capsys.readouterr().err.endswith("greenless: error: no network. Install greenless anew\n")


def test_a_notice_is_no_row_of_the_sheet(tmp_path: Path) -> None:
    def composite(index: int, value: int, *, notice: bool) -> Composite:
        pixels = np.full((9, 16, 3), value, np.uint8)
        frame = Frame(pixels=pixels, index=index, captured_s=float(index))
        matte = Matte(alpha=np.zeros((9, 16), np.float32), frame=frame)
        return Composite(pixels=pixels, matte=matte, person=pixels, notice=notice)

    with ContactSheet(tmp_path / "sheet.png", [0.0, 1.0]) as sheet:
        for index, (value, notice) in enumerate([(0, True), (90, False), (0, True), (180, False)]):
            sheet.send(composite(index, value, notice=notice))
    written = cv2.imread(str(tmp_path / "sheet.png"))
    height = (written.shape[0] - GAP_PX) // 2
    assert [written[GAP_PX + row * height + 5, GAP_PX + 5, 0] for row in (0, 1)] == [90, 180]
