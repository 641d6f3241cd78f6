"""Any network in ONNX by a description; the networks are a few nodes each, made here."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="onnx is in the extra torch")
pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from realtime.errors import MatterError  # noqa: E402
from realtime.frame import Frame  # noqa: E402
from realtime.matting import open_matter  # noqa: E402
from realtime.matting.matter import Matter  # noqa: E402
from realtime.matting.runtimes.custom_onnx import CustomOnnxMatter  # noqa: E402
from realtime.settings.schema import MattingSettings  # noqa: E402

Value = tuple[str, int, Sequence[int | str]]
Open = Callable[..., CustomOnnxMatter]


def frame(bgr: tuple[int, int, int] = (40, 80, 200), index: int = 0, size: tuple[int, int] = (96, 64)) -> Frame:
    pixels = np.empty((size[1], size[0], 3), np.uint8)
    pixels[:] = bgr
    return Frame(pixels=pixels, index=index, captured_s=index / 30)


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """``opened(nodes, inputs, outputs, description)``: the matter of a network made of these."""

    def make(nodes: list[Any], inputs: list[Value], outputs: list[Value], toml: str, **arrays: Any) -> CustomOnnxMatter:
        graph = helper.make_graph(
            nodes,
            "made",
            [helper.make_tensor_value_info(*value) for value in inputs],
            [helper.make_tensor_value_info(*value) for value in outputs],
            [numpy_helper.from_array(np.asarray(array), name) for name, array in arrays.items()],
        )
        path = tmp_path / "made.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
        path.with_suffix(".toml").write_text(toml, encoding="utf-8")
        return CustomOnnxMatter(path, path.with_suffix(".toml"), title="made", reference_px=64, provider="cpu")

    return make


FLOAT, UINT8, INT64 = TensorProto.FLOAT, TensorProto.UINT8, TensorProto.INT64
FREE: Value = ("image", FLOAT, ("N", 3, "H", "W"))


def passed(opened: Open, toml: str, image: Value = FREE, channels: int | str = 3, **more: Any) -> CustomOnnxMatter:
    """A network that hands its input on as its output."""
    out = ("out", image[1], image[2])
    return opened([helper.make_node("Identity", ["image"], ["out"])], [image], [out], toml, **more)


def level(matter: Matter, of: Frame) -> float:
    """The one level of a flat matte."""
    [coarse] = matter.matte_batch([of])
    assert coarse.frame is of
    assert np.ptp(coarse.alpha) < 1e-5
    return float(coarse.alpha.mean())


class TestInput:
    @pytest.mark.parametrize(
        ("channels", "channel", "expected"), [("RGB", 0, 200), ("RGB", 2, 40), ("BGR", 0, 40), ("BGR", 1, 80)]
    )
    def test_channels_stand_in_the_order_that_is_said(
        self, opened: Open, channels: str, channel: int, expected: int
    ) -> None:
        matter = passed(opened, f'[input]\nchannels = "{channels}"\n[output]\nchannel = {channel}')
        assert level(matter, frame()) == pytest.approx(expected / 255, abs=1e-5)

    def test_mean_and_std_are_taken_out_channel_by_channel(self, opened: Open) -> None:
        matter = passed(
            opened,
            "[input]\nmean = [0.1, 0.2, 0.3]\nstd = [2, 4, 0.5]\n[output]\nchannel = 1\nrange = [-1, 1]",
        )
        assert level(matter, frame()) == pytest.approx(((80 / 255 - 0.2) / 4 + 1) / 2, abs=1e-5)

    def test_a_network_of_channels_last_takes_bytes(self, opened: Open) -> None:
        image: Value = ("image", UINT8, (1, 32, 48, 3))
        matter = passed(
            opened,
            '[input]\nlayout = "NHWC"\n[output]\nlayout = "NHWC"\nchannel = 0\nrange = [0, 255]',
            image,
        )
        assert level(matter, frame()) == pytest.approx(200 / 255, abs=1e-5)
        assert matter.name == "made 48x32, onnx, CPU"

    def test_the_size_is_the_description_s_the_file_s_or_the_reference(self, opened: Open) -> None:
        for toml, image, expected in (
            ("[input]\nsize = [40, 24]\n[output]\nchannel = 0", FREE, (24, 40)),
            ("[output]\nchannel = 0", ("image", FLOAT, (1, 3, 20, 36)), (20, 36)),
            ("[output]\nchannel = 0", FREE, (64, 96)),
        ):
            [coarse] = passed(opened, toml, image).matte_batch([frame(size=(192, 128))])
            assert coarse.alpha.shape == expected


class TestOutput:
    def test_softmax_takes_the_person_s_class(self, opened: Open) -> None:
        matter = passed(opened, '[output]\nchannel = 0\nactivation = "softmax"')
        e = np.exp(np.array([200, 80, 40]) / 255)
        assert level(matter, frame()) == pytest.approx(e[0] / e.sum(), abs=1e-5)

    def test_sigmoid_converts_logits_to_alpha(self, opened: Open) -> None:
        matter = passed(opened, '[input]\nmean = 0.5\n[output]\nchannel = 2\nactivation = "sigmoid"')
        assert level(matter, frame()) == pytest.approx(1 / (1 + np.exp(0.5 - 40 / 255)), abs=1e-5)

    def test_a_range_may_be_turned_round(self, opened: Open) -> None:
        matter = passed(opened, "[output]\nchannel = 0\nrange = [1, 0]")
        assert level(matter, frame()) == pytest.approx(55 / 255, abs=1e-5)

    def test_labels_are_compared_with_the_person_s(self, opened: Open) -> None:
        nodes = [helper.make_node("ArgMax", ["image"], ["out"], axis=1, keepdims=0)]
        toml = '[output]\nlayout = "NHW"\nactivation = "labels"\nchannel = {}'
        for person, expected in ((0, 1.0), (1, 0.0)):
            matter = opened(nodes, [FREE], [("out", INT64, ("N", "H", "W"))], toml.format(person))
            assert level(matter, frame()) == expected

    def test_what_is_no_number_is_refused(self, opened: Open) -> None:
        nodes = [helper.make_node("Log", ["image"], ["log"]), helper.make_node("Sqrt", ["log"], ["out"])]
        matter = opened(nodes, [FREE], [("out", FLOAT, FREE[2])], "[output]\nchannel = 0")
        with pytest.raises(MatterError, match="NaN"):
            matter.matte_batch([frame()])


class TestStates:
    TOML = '[output]\nname = "out"\nchannel = 0\n[states]\nbefore = "after"\n[constants]\nshare = 0.5'

    @pytest.fixture
    def recurrent(self, opened: Open) -> CustomOnnxMatter:
        """A network whose matte is ``share`` of the picture and of the state, which is the matte before."""
        nodes = [
            helper.make_node("Add", ["image", "before"], ["sum"]),
            helper.make_node("Mul", ["sum", "share"], ["out"]),
            helper.make_node("Identity", ["out"], ["after"]),
        ]
        state = ("N", 3, "sh", "sw")
        return opened(
            nodes,
            [FREE, ("before", FLOAT, state), ("share", FLOAT, (1,))],
            [("out", FLOAT, FREE[2]), ("after", FLOAT, FREE[2])],
            self.TOML,
        )

    def test_a_state_goes_from_frame_to_frame(self, recurrent: CustomOnnxMatter) -> None:
        white = (255, 255, 255)
        levels = [level(recurrent, frame(white, index)) for index in range(3)]
        assert levels == pytest.approx([0.5, 0.75, 0.875], abs=1e-5)

    @pytest.mark.parametrize(
        "other", [frame(index=100), frame(index=0), frame(index=1, size=(64, 64))], ids=["gap", "back", "size"]
    )
    def test_the_state_restarts_where_the_stream_breaks(self, recurrent: CustomOnnxMatter, other: Frame) -> None:
        level(recurrent, frame((255, 255, 255), 0))
        assert level(recurrent, other) == pytest.approx(100 / 255, abs=1e-5)

    def test_it_wants_every_picture_whole(self, recurrent: CustomOnnxMatter, opened: Open) -> None:
        assert recurrent.whole
        assert not passed(opened, "[output]\nchannel = 0").whole

    def test_frames_of_one_batch_follow_one_another(self, recurrent: CustomOnnxMatter) -> None:
        mattes = recurrent.matte_batch([frame((255, 255, 255), index) for index in range(2)])
        assert [float(matte.alpha.mean()) for matte in mattes] == pytest.approx([0.5, 0.75])


class TestWrongDescriptions:
    @pytest.mark.parametrize(
        ("toml", "words"),
        [
            ("[input]\nlayot = 1", r"input\.layot: unknown key.*input\.layout"),
            ("[inputs]", r"inputs: unknown key.*input"),
            ('[input]\nlayout = "CHW"', r"input\.layout: expected one of NCHW, NHWC, got 'CHW'"),
            ('[input]\nlayout = "NHWC"', r'input\.layout: NHWC does not match.*layout = "NCHW"'),
            ("[input]\nsize = [64, 0]", r"input\.size: expected \[width, height\]"),
            ("[input]\nsize = [64]", r"input\.size: expected \[width, height\]"),
            ("[input]\nmean = [1, 2]", r"input\.mean: expected a number, or three"),
            ("[input]\nstd = 0", r"input\.std.*none of them 0"),
            ('[input]\nname = "picture"', r"input\.name: the network has no input 'picture'.*image"),
            ("[output]\nname = 1", r"output\.name: expected a name in quotes, got 1"),
            ('[output]\nname = "alpha"', r"output\.name: the network has no output 'alpha'.*out"),
            ('[output]\nactivation = "tanh"', r"output\.activation: expected one of none, sigmoid"),
            ("[output]\nchannel = -1", r"output\.channel: expected a whole number"),
            ("[output]\nrange = [1, 1]", r"output\.range: expected the two values"),
            ('[states]\nr1i = "out"', r"states\.r1i: the network has no input 'r1i'"),
            ('[states]\nimage = "r1o"', r"states\.image: the network has no output 'r1o'"),
            ("[constants]\nratio = 1", r"constants\.ratio: the network has no input 'ratio'"),
            ("input = 1", r"input: expected a table \[input\]"),
            ("[input", "Expected"),
        ],
    )
    def test_opening_names_the_key(self, opened: Open, toml: str, words: str) -> None:
        with pytest.raises(MatterError, match=f"made.toml.*{words}"):
            passed(opened, toml)

    @pytest.mark.parametrize(
        ("toml", "words"),
        [
            ("", r"output\.channel: out has 3 channels, got None.*Set the channel"),
            ("[output]\nchannel = 3", r"output\.channel: out has 3 channels, got 3.*Set the channel"),
            ('[output]\nlayout = "NHW"', r"output\.layout: expected NHW"),
        ],
    )
    def test_running_names_the_key(self, opened: Open, toml: str, words: str) -> None:
        with pytest.raises(MatterError, match=words):
            passed(opened, toml).matte_batch([frame()])

    def test_bytes_are_not_normalised(self, opened: Open) -> None:
        with pytest.raises(MatterError, match=r"input\.mean: image takes uint8"):
            passed(opened, "[input]\nmean = 0.5", ("image", UINT8, FREE[2]))

    def test_a_size_that_the_file_forbids(self, opened: Open) -> None:
        with pytest.raises(MatterError, match=r"input\.size: \[64, 64\] does not match image, which is 36x20"):
            passed(opened, "[input]\nsize = [64, 64]", ("image", FLOAT, (1, 3, 20, 36)))

    def test_an_input_that_nothing_feeds(self, opened: Open) -> None:
        nodes = [helper.make_node("Mul", ["image", "ratio"], ["out"])]
        inputs: list[Value] = [FREE, ("ratio", FLOAT, (1,))]
        with pytest.raises(MatterError, match=r"input\.name: the network has 2 inputs.*image, ratio"):
            opened(nodes, inputs, [("out", FLOAT, FREE[2])], "")
        with pytest.raises(MatterError, match=r"constants: the network has more inputs: ratio"):
            opened(nodes, inputs, [("out", FLOAT, FREE[2])], '[input]\nname = "image"')


def test_a_description_beside_the_weights_is_followed(opened: Open, tmp_path: Path) -> None:
    passed(opened, "[input]\nsize = [40, 24]\n[output]\nchannel = 0")
    matter = open_matter(MattingSettings(weights=str(tmp_path / "made.onnx"), provider="cpu"))
    assert matter.name == "made 40x24, onnx, CPU"
    with pytest.raises(MatterError, match=r"made\.toml.*--runtime onnx"):
        open_matter(MattingSettings(weights=str(tmp_path / "made.onnx"), runtime="openvino"))
