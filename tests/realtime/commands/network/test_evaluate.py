"""greenless evaluate: the figures of a network whose matte is known, here the picture's own red channel."""

import json
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.evaluation import evaluation_size
from realtime.cli import main
from realtime.commands.network.predictors import open_network
from realtime.commands.network.sample_pairs import sample_pairs
from realtime.commands.network.sheets import BEHIND
from realtime.commands.sheet import GAP_PX, TILE_PX, TITLE_PX
from realtime.frame import CoarseMatte, Frame, Matte
from realtime.matting.refine.finish import Finish
from realtime.matting.runtimes.onnx_matter import OnnxMatter
from realtime.settings.schema import FinishSettings, Quality


def test_json_holds_every_picture_and_the_mean(
    network: Path, pairs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--images", str(pairs[0]), "--mattes", str(pairs[1])]
    assert main(["evaluate", *folders, "--weights", str(network), "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert measured["pictures"]["right"]["iou"] == pytest.approx(1, abs=0.02)
    assert measured["pictures"]["wrong"]["iou"] == 0
    assert measured["mean"]["mad"] == pytest.approx(0.25, abs=0.01)


def test_the_table_names_the_worst_first(
    network: Path, pairs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--images", str(pairs[0]), "--mattes", str(pairs[1])]
    assert main(["evaluate", *folders, "--weights", str(network)]) == 0
    worst = capsys.readouterr().out.partition("the worst by MAD x 1000")[2].split()
    assert worst[0] == "wrong:"


def test_the_sheet_has_a_row_of_four_for_each_picture(
    network: Path, pairs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "sheet.png"
    folders = ["--images", str(pairs[0]), "--mattes", str(pairs[1])]
    assert main(["evaluate", *folders, "--weights", str(network), "--sheet", str(sheet)]) == 0
    pixels = cv2.imread(str(sheet))
    assert pixels is not None
    row_px, tile_px = TITLE_PX + TILE_PX + GAP_PX, TILE_PX + GAP_PX
    assert pixels.shape == (2 * row_px + GAP_PX, 4 * tile_px + GAP_PX, 3)

    def colour(row: int, tile: int, share_across: float) -> list[int]:
        y = GAP_PX + row * row_px + TITLE_PX + TILE_PX // 2
        return [int(v) for v in pixels[y, GAP_PX + tile * tile_px + int(share_across * TILE_PX)]]

    # The worst first: its true matte is empty, the network's is its left half, and so is the composite's person.
    assert [colour(0, tile, 0.25) for tile in range(4)] == [[0, 0, 255], [0] * 3, [255] * 3, [0, 0, 255]]
    assert [colour(0, tile, 0.75) for tile in range(4)] == [[0] * 3, [0] * 3, [0] * 3, list(BEHIND)]
    assert colour(1, 1, 0.25) == [255] * 3


def test_the_finish_can_be_measured_with_the_network(
    network: Path, pairs: tuple[Path, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class LessOfThem(Finish):
        def __init__(self, settings: FinishSettings, quality: Quality) -> None:
            asked.append(quality)
            super().__init__(settings, quality)

        def finish(self, coarse: CoarseMatte) -> Matte | None:
            return super().finish(replace(coarse, alpha=coarse.alpha * np.float32(0.75)))

    monkeypatch.setattr("realtime.commands.network.predictors.Finish", LessOfThem)
    folders = ["--images", str(pairs[0]), "--mattes", str(pairs[1])]
    assert main(["evaluate", *folders, "--weights", str(network), "--finish", "fast", "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert measured["pictures"]["right"]["mad"] == pytest.approx(0.125, abs=0.02)
    assert asked == ["fast", "fast"]
    assert measured["finish"] == "fast"


@pytest.fixture
def photo(tmp_path: Path) -> tuple[Path, Path]:
    """A tall image with edges everywhere, which no grid of 32 divides, and a matte for it."""
    images, mattes = tmp_path / "photos", tmp_path / "photo-mattes"
    for folder in (images, mattes):
        folder.mkdir()
    noise = np.random.default_rng(7).integers(0, 256, (40, 30, 3), np.uint8)
    pixels = cv2.resize(noise, (437, 601), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(images / "tall.png"), pixels)
    cv2.imwrite(str(mattes / "tall.png"), np.zeros((601, 437), np.uint8))
    return images, mattes


def _mad(capsys: pytest.CaptureFixture[str]) -> float:
    return float(json.loads(capsys.readouterr().out)["mean"]["mad"])


def test_as_an_image_the_matte_is_the_one_that_the_command_writes(
    network: Path, photo: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs_by = ["--weights", str(network), "--runtime", "onnx", "--precision", "float32", "--reference-size", "288"]
    assert main(["image", str(photo[0]), "-o", str(tmp_path / "out"), *runs_by]) == 0
    capsys.readouterr()
    written = cv2.imread(str(tmp_path / "out" / "tall_alpha.png"), cv2.IMREAD_GRAYSCALE)
    assert written is not None
    cv2.imwrite(str(photo[1] / "tall.png"), written)
    folders = ["--images", str(photo[0]), "--mattes", str(photo[1])]
    assert main(["evaluate", *folders, "--as-image", *runs_by, "--json"]) == 0
    assert _mad(capsys) == 0
    # Without the finish of an image the matte differs.
    assert main(["evaluate", *folders, "--weights", str(network), "--json"]) == 0
    assert _mad(capsys) > 0


def test_the_bare_network_sees_what_it_sees_in_the_product(network: Path, photo: tuple[Path, Path]) -> None:
    pixels = cv2.imread(str(photo[0] / "tall.png"))
    assert pixels is not None
    frame = Frame(pixels=np.asarray(pixels, np.uint8), index=0, captured_s=0.0)
    matter = OnnxMatter(network, title="red", reference_px=288, provider="cpu")
    (coarse,) = matter.matte_batch([frame])
    bare = open_network(network).still(frame.pixels, evaluation_size(frame.width_px, frame.height_px))
    np.testing.assert_allclose(bare, coarse.alpha, atol=1e-6)


def test_a_table_has_a_line_for_each_kind(
    network: Path, pairs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    named = pairs[0].parent / "named.csv"
    named.write_text("stem,kind\nright,easy\nwrong,hard\n")
    words = ["evaluate", "--images", str(pairs[0]), "--mattes", str(pairs[1]), "--weights", str(network)]
    assert main([*words, "--kinds", str(named)]) == 0
    table = capsys.readouterr().out
    assert [line.split()[:2] for line in table.splitlines()[1:3]] == [["easy", "1"], ["hard", "1"]]
    assert "IoU 0.000, hard" in table  # the worst ones name their kind
    assert main([*words, "--kinds", str(named), "--json"]) == 0
    kinds = json.loads(capsys.readouterr().out)["kinds"]
    assert (kinds["easy"]["pictures"], kinds["hard"]["mean"]["iou"]) == (1, 0)


def test_the_kinds_beside_the_images_count_without_being_named(
    network: Path, pairs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", "--images", str(pairs[0]), "--mattes", str(pairs[1]), "--weights", str(network), "--json"]
    (pairs[0].parent / "kinds.csv").write_text("stem,kind\nright,easy\n")
    assert main(words) == 0
    assert set(json.loads(capsys.readouterr().out)["kinds"]) == {"easy", "no kind"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,kind\nright,easy\n", "line 2 .* no stem"),
        ("stem,kind\nright\n", "line 2 .* no kind"),
        ("stem,kind\nright,easy\nright,hard\n", "names right twice"),
        ("stem,kind\n", "names no image"),
        (None, "cannot be read"),
    ],
)
def test_a_faulty_file_of_kinds_is_named(
    network: Path,
    pairs: tuple[Path, Path],
    capsys: pytest.CaptureFixture[str],
    text: str | None,
    message: str,
) -> None:
    named = pairs[0].parent / "named.csv"
    if text is not None:
        named.write_text(text)
    words = ["--images", str(pairs[0]), "--mattes", str(pairs[1]), "--kinds", str(named), "--weights", str(network)]
    assert main(["evaluate", *words]) == 2
    assert re.search(message, capsys.readouterr().err)


def test_a_network_that_a_file_describes_is_measured_as_it_says(
    network: Path, pairs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--images", str(pairs[0]), "--mattes", str(pairs[1])]
    # As the network is, but fed with blue where it looks for red, of which there is none.
    network.with_suffix(".toml").write_text(
        '[input]\nchannels = "BGR"\nmean = [0.5, 0.5, 0.5]\nstd = [0.5, 0.5, 0.5]\n'
    )
    assert main(["evaluate", *folders, "--weights", str(network), "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert measured["pictures"]["right"]["mad"] == pytest.approx(0.5, abs=0.01)
    assert measured["pictures"]["wrong"]["mad"] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected one of --images, --clips and --sample, got nothing"),
        (["--images", "a", "--sample"], "--images and --sample"),
        (["--images", "a"], "--mattes"),
        (["--clips", "a", "--sheet", "a.png"], "--sheet"),
        (["--clips", "a", "--frames", "-1"], "--frames"),
        (["--clips", "a", "--kinds", "a.csv"], "--kinds"),
        (["--sample", "--as-image", "--finish", "fast"], "--as-image"),
        (["--clips", "a", "--as-image"], "--as-image"),
        (["--sample", "--reference-size", "224"], "--as-image"),
    ],
)
def test_what_does_not_go_together_is_refused(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *words]) == 2
    assert message in capsys.readouterr().err


def test_the_persons_of_the_sample_have_mattes_of_their_own_size() -> None:
    pairs = list(sample_pairs())
    assert len({pair.name for pair in pairs}) == 16
    assert all(pair.alpha.shape == pair.pixels.shape[:2] for pair in pairs)


def test_a_missing_matte_is_an_error_that_names_it(
    network: Path, pairs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (pairs[1] / "wrong.png").unlink()
    folders = ["--images", str(pairs[0]), "--mattes", str(pairs[1])]
    assert main(["evaluate", *folders, "--weights", str(network)]) == 2
    assert "wrong.png" in capsys.readouterr().err


def test_a_file_that_is_no_network_is_an_error(
    tmp_path: Path, pairs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"no network")
    folders = ["--images", str(pairs[0]), "--mattes", str(pairs[1])]
    assert main(["evaluate", *folders, "--weights", str(damaged)]) == 2
    assert "damaged" in capsys.readouterr().err
