"""greenless evaluate: the figures of a network whose matte is known, here the picture's own red channel."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from models.evaluation import Predict, evaluation_size
from models.pairs import ClipFrame
from realtime.cli import main
from realtime.commands.network.predictors import finished_clip, open_network
from realtime.commands.network.sample_pairs import sample_pairs
from realtime.commands.network.sheets import BEHIND
from realtime.commands.sheet import GAP_PX, TILE_PX, TITLE_PX
from realtime.frame import Alpha, CoarseMatte, Frame, Matte, Pixels
from realtime.matting.refine.finish import Finish
from realtime.matting.runtimes.onnx_matter import OnnxMatter
from realtime.settings.schema import FinishSettings, Quality


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """``output`` is the first channel of ``input``, from [-1, 1] to [0, 1]."""
    nodes = [
        helper.make_node("Slice", ["input", "from", "to", "axis"], ["red"]),
        helper.make_node("Add", ["red", "one"], ["shifted"]),
        helper.make_node("Mul", ["shifted", "half"], ["output"]),
    ]
    integers, numbers = {"from": 0, "to": 1, "axis": 1}, {"one": 1.0, "half": 0.5}
    constants = [
        *(helper.make_tensor(name, TensorProto.INT64, [1], [value]) for name, value in integers.items()),
        *(helper.make_tensor(name, TensorProto.FLOAT, [], [value]) for name, value in numbers.items()),
    ]
    graph = helper.make_graph(
        nodes,
        "red",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, "H", "W"])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", 1, "H", "W"])],
        constants,
    )
    path = tmp_path / "red.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


@pytest.fixture
def pairs(tmp_path: Path) -> tuple[Path, Path]:
    """Two pictures, red where the person is; the second one's matte says that nobody is there."""
    images, mattes = tmp_path / "images", tmp_path / "mattes"
    for folder in (images, mattes):
        folder.mkdir()
    red = np.zeros((64, 64, 3), np.uint8)
    red[:, :32, 2] = 255
    for stem, matte in (("right", red[..., 2]), ("wrong", np.zeros((64, 64), np.uint8))):
        cv2.imwrite(str(images / f"{stem}.png"), red)
        cv2.imwrite(str(mattes / f"{stem}.png"), matte)
    return images, mattes


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


def test_shaken_pictures_are_measured_for_steadiness(
    network: Path, pairs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--images", str(pairs[0]), "--mattes", str(pairs[1])]
    assert main(["evaluate", *folders, "--weights", str(network), "--shaken", "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert set(measured["clips"]) == {"right", "wrong"}
    # The network repeats exposure and noise, and nothing more.
    assert 0.005 < measured["mean"]["dtssd"] < 0.05


def test_of_shaken_pictures_no_more_frames_are_taken_than_asked_for(
    network: Path, pairs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--images", str(pairs[0]), "--mattes", str(pairs[1])]
    assert main(["evaluate", *folders, "--weights", str(network), "--shaken", "--frames", "1"]) == 2
    assert "fewer than two frames" in capsys.readouterr().err


@pytest.fixture
def clips(tmp_path: Path) -> tuple[Path, Path]:
    """A clip as a folder of three pictures, another as a video; their mattes the red of the first, folders both."""
    images, mattes = tmp_path / "clips", tmp_path / "clip-mattes"
    for folder in (images / "pictures", mattes / "pictures", mattes / "film"):
        folder.mkdir(parents=True)
    film = cv2.VideoWriter(str(images / "film.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 64))
    for number in range(3):
        red = np.zeros((64, 64, 3), np.uint8)
        red[:, : 16 + 4 * number, 2] = 255
        film.write(red)
        cv2.imwrite(str(images / "pictures" / f"{number}.png"), red)
        for name in ("pictures", "film"):
            cv2.imwrite(str(mattes / name / f"{number}.png"), red[..., 2])
    film.release()
    return images, mattes


def test_clips_are_measured_against_their_mattes(
    network: Path, clips: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", "--clips", str(clips[0]), "--mattes", str(clips[1]), "--weights", str(network)]
    assert main([*words, "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert list(measured["clips"]) == ["film", "pictures"]
    for row in measured["clips"].values():
        assert row["mad"] < 0.05
        assert row["dtssd"] < 0.1
    assert main([*words, "--frames", "2"]) == 0
    assert "mean of 2" in capsys.readouterr().out


def test_without_mattes_clips_have_a_warp_error_only(
    network: Path, clips: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--clips", str(clips[0]), "--weights", str(network), "--json"]) == 0
    mean = json.loads(capsys.readouterr().out)["mean"]
    assert mean["warp"] >= 0
    assert (mean["mad"], mean["dtssd"], mean["messddt"]) == (None, None, None)


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


def test_a_recurrent_network_goes_from_frame_to_frame_in_a_clip_only(tmp_path: Path) -> None:
    path = tmp_path / "counter.onnx"
    nodes = [
        helper.make_node("Slice", ["image", "from", "to", "axis"], ["red"]),
        helper.make_node("Mul", ["red", "zero"], ["nothing"]),
        helper.make_node("Add", ["before", "tenth"], ["after"]),
        helper.make_node("Add", ["nothing", "after"], ["alpha"]),
    ]
    integers, numbers = {"from": 0, "to": 1, "axis": 1}, {"zero": 0.0, "tenth": 0.1}
    constants = [
        *(helper.make_tensor(name, TensorProto.INT64, [1], [value]) for name, value in integers.items()),
        *(helper.make_tensor(name, TensorProto.FLOAT, [1], [value]) for name, value in numbers.items()),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "H", "W"])
    alpha = helper.make_tensor_value_info("alpha", TensorProto.FLOAT, [1, 1, "H", "W"])
    states = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("before", "after")]
    graph = helper.make_graph(nodes, "counter", [image, states[0]], [alpha, states[1]], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    path.with_suffix(".toml").write_text('[states]\nbefore = "after"\n')
    counter, picture = open_network(path), np.zeros((64, 64, 3), np.uint8)

    def seen(predict: Predict) -> list[float]:
        return [round(float(predict(picture, (64, 64)).mean()), 3) for _ in range(3)]

    assert seen(counter.still) == [0.1, 0.1, 0.1]
    assert seen(counter.clip()) == [0.1, 0.2, 0.3]
    assert seen(counter.clip()) == [0.1, 0.2, 0.3]


def test_a_finish_with_a_delay_gives_each_moment_its_own_matte(monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(Finish):
        """Hands out each matte one frame late, as OFD does."""

        last: CoarseMatte | None = None

        def finish(self, coarse: CoarseMatte) -> Matte | None:
            last, self.last = self.last, coarse
            return Matte(alpha=last.alpha, frame=last.frame) if last else None

        def flush(self) -> Matte | None:
            return Matte(alpha=self.last.alpha, frame=self.last.frame) if self.last else None

    def brightness(pixels: Pixels, _size_px: tuple[int, int]) -> Alpha:
        return np.full(pixels.shape[:2], pixels.mean() / 255, np.float32)

    monkeypatch.setattr("realtime.commands.network.predictors.Finish", Late)
    moments = [ClipFrame(pixels=np.full((32, 32, 3), 51 * number, np.uint8)) for number in range(4)]
    seen = list(finished_clip(brightness, "fast", moments))
    assert [moment for moment, _ in seen] == moments
    assert [float(alpha.mean()) for _, alpha in seen] == pytest.approx([0, 0.2, 0.4, 0.6], abs=0.01)


@pytest.mark.parametrize(
    ("damage", "message"),
    [("none", "no matte"), ("short", "ends after 2 frames"), ("size", "frame 2"), ("clip", "no clips")],
)
def test_clips_and_mattes_that_do_not_fit_are_named(
    network: Path, clips: tuple[Path, Path], capsys: pytest.CaptureFixture[str], damage: str, message: str
) -> None:
    images, mattes = clips
    last = mattes / "film" / "2.png"
    match damage:
        case "none":
            shutil.rmtree(mattes / "film")
        case "short":
            last.unlink()
        case "size":
            cv2.imwrite(str(last), np.zeros((4, 4), np.uint8))
        case "clip":
            images = mattes / "film" / "nothing"
            images.mkdir()
    assert main(["evaluate", "--clips", str(images), "--mattes", str(mattes), "--weights", str(network)]) == 2
    assert message in capsys.readouterr().err


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
