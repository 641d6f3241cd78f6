"""``greenless evaluate`` on clips and shaken images."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from models.evaluation import Predict
from models.pairs import ClipFrame
from realtime.cli import main
from realtime.commands.network.predictors import finished_clip, open_network
from realtime.frame import Alpha, CoarseMatte, Matte, Pixels
from realtime.matting.refine.finish import Finish


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
