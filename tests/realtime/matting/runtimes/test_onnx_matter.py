"""Networks of one or two nodes, made here, whose mattes are known: alpha = red / 255."""

import warnings

import numpy as np
import pytest

from realtime.errors import MatterError, WeightsError
from realtime.frame import Frame

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from realtime.matting.runtimes import providers  # noqa: E402
from realtime.matting.runtimes.batches import SIZES_KEPT  # noqa: E402
from realtime.matting.runtimes.onnx_matter import OnnxMatter  # noqa: E402

FREE = ("batch", 3, "height", "width")


@pytest.fixture
def save(tmp_path):
    """Write a network that picks the red plane and hands ``(red + 1) / 2`` to further nodes."""

    def write(
        *tail, shape=FREE, out=("batch", 1, "height", "width"), gain=0.5, kind=TensorProto.FLOAT, extra=(), constants=()
    ):
        weight = np.zeros((1, 3, 1, 1), np.float32)
        weight[0, 0] = gain
        last = "output" if not tail else "red"
        graph = helper.make_graph(
            [helper.make_node("Conv", ["input", "weight", "bias"], [last]), *tail],
            "tiny",
            [helper.make_tensor_value_info("input", kind, shape), *extra],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, out)],
            [
                numpy_helper.from_array(weight, "weight"),
                numpy_helper.from_array(np.full(1, 0.5, np.float32), "bias"),
                *(numpy_helper.from_array(value, name) for name, value in constants),
            ],
        )
        path = tmp_path / "tiny.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)
        return path

    return write


def frame_of(red, width_px=128, height_px=64, index=0):
    pixels = np.zeros((height_px, width_px, 3), np.uint8)
    pixels[:, :, 2] = red
    return Frame(pixels=pixels, index=index, captured_s=0.0)


def open_tiny(path, **settings):
    return OnnxMatter(path, title="tiny", reference_px=64, **settings)


@pytest.mark.parametrize(
    "shape",
    [
        FREE,
        (1, 3, 64, 128),
        (1, 3, "height", "width"),
        (None, 3, None, None),
        ("n", 3, "side", "side"),
        (1, 3, 32, "width"),
    ],
)
def test_any_network_with_free_or_fixed_sizes_gives_mattes(save, shape):
    path = save(shape=shape, out=(shape[0], 1, *shape[2:]))
    frames = [frame_of(red, index=red) for red in (0, 51, 255)]
    mattes = open_tiny(path).matte_batch(frames)
    assert [matte.frame for matte in mattes] == frames
    assert [float(matte.alpha.mean()) for matte in mattes] == pytest.approx([0, 0.2, 1], abs=1e-6)


def test_frames_of_mixed_sizes_come_back_in_order_at_the_networks_sizes(save):
    matter = open_tiny(save())
    sizes = [(128, 64), (640, 480), (128, 64), (64, 128), (640, 480)]
    mattes = matter.matte_batch([frame_of(10 * i, *size, index=i) for i, size in enumerate(sizes)])
    assert [matte.alpha.shape[::-1] for matte in mattes] == [(128, 64), (96, 64), (128, 64), (64, 128), (96, 64)]
    assert [matte.frame.index for matte in mattes] == list(range(5))
    assert [float(matte.alpha.mean()) for matte in mattes] == pytest.approx([10 * i / 255 for i in range(5)], abs=1e-6)


def test_frames_of_one_size_share_one_run(save, monkeypatch):
    matter = open_tiny(save())
    batches = []
    infer = matter._infer
    monkeypatch.setattr(
        matter, "_infer", lambda pictures, size: batches.append((len(pictures), size)) or infer(pictures, size)
    )
    matter.matte_batch([frame_of(1), frame_of(2), frame_of(3, 640, 480), frame_of(4)])
    assert batches == [(3, (128, 64)), (1, (96, 64))]


def test_no_frames_give_no_mattes(save):
    assert open_tiny(save()).matte_batch([]) == []


def test_a_size_that_comes_again_finds_its_session(save, monkeypatch):
    made = []
    make = onnxruntime.InferenceSession
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda *a, **k: made.append(1) or make(*a, **k))
    matter = open_tiny(save(), provider="cpu")
    made.clear()
    for width_px in (64, 96, 128, 64, 96, 128):
        matter.matte_batch([frame_of(5, width_px, 64)])
    assert len(made) == 3
    matter.close()
    matter.matte_batch([frame_of(5, 64, 64)])
    assert len(made) == 4


def test_the_network_sees_the_size_that_is_asked_for_where_it_can(save):
    [free] = open_tiny(save()).matte_batch([frame_of(51, 640, 480)], (160, 32))
    assert free.alpha.shape == (32, 160)
    [fixed] = open_tiny(save(shape=(1, 3, 64, 128), out=(1, 1, 64, 128))).matte_batch([frame_of(51)], (160, 32))
    assert fixed.alpha.shape == (64, 128)
    assert fixed.alpha.mean() == pytest.approx(0.2, abs=1e-6)


def test_each_matte_is_a_separate_array_from_the_first_run_on(save):
    matter = open_tiny(save())
    mattes = [matter.matte_batch([frame_of(red)])[0] for red in (0, 51, 255)]
    assert [float(matte.alpha.mean()) for matte in mattes] == pytest.approx([0, 0.2, 1], abs=1e-6)


def test_the_name_shows_size_runtime_and_provider(save):
    matter = open_tiny(save(), provider="cpu")
    matter.matte_batch([frame_of(5)])
    assert matter.name == "tiny 128x64, onnx, CPU"
    assert open_tiny(save(), provider="cpu", precision="int8").name == "tiny, onnx int8, CPU"


def test_a_matte_is_clipped(save):
    low, high = open_tiny(save(gain=3.0)).matte_batch([frame_of(0), frame_of(255)])
    assert low.alpha.max() == 0
    assert high.alpha.min() == 1


def test_nan_is_an_error_not_a_matte(save):
    matter = open_tiny(save(helper.make_node("Log", ["red"], ["output"]), gain=-3.0))
    with pytest.raises(MatterError, match=r"NaN.*greenless weights verify"):
        matter.matte_batch([frame_of(100), frame_of(250)])


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"shape": (1, 1, 64, 64)}, r"input \(1, 1, 64, 64\)"),
        ({"shape": (4, 3, 64, 64), "out": (4, 1, 64, 64)}, r"input \(4, 3, 64, 64\)"),
        ({"extra": [helper.make_tensor_value_info("other", TensorProto.FLOAT, (1, 3, 8, 8))]}, r"other \(1, 3, 8, 8\)"),
    ],
)
def test_another_kind_of_network_is_refused_and_described(save, change, found):
    if change.get("shape", FREE)[1] != 3:
        path = save(helper.make_node("Identity", ["input"], ["output"]), **change)
        model = onnx.load(path)
        del model.graph.node[0]
        onnx.save(model, path)
    else:
        path = save(**change)
    with pytest.raises(WeightsError, match=f"{found}.*outputs in .*tiny.toml.*greenless weights list"):
        open_tiny(path)


def test_a_matte_of_another_size_is_an_error(save):
    pool = helper.make_node("AveragePool", ["red"], ["output"], kernel_shape=[2, 2], strides=[2, 2])
    matter = open_tiny(save(pool, out=("batch", 1, "h2", "w2")))
    with pytest.raises(MatterError, match=r"expected a matte of \(1, 1, 64, 128\).*got \(1, 1, 32, 64\)"):
        matter.matte_batch([frame_of(5)])


def test_a_run_that_fails_names_the_runtime_and_the_batch(save):
    reshape = helper.make_node("Expand", ["red", "wanted"], ["output"])
    path = save(
        reshape,
        out=(None, 1, None, None),
        shape=(None, 3, None, None),
        constants=[("wanted", np.array([1, 1, 64, 96]))],
    )
    matter = open_tiny(path)
    assert matter.matte_batch([frame_of(51, 96, 64)])[0].alpha.mean() == pytest.approx(0.2)
    with pytest.raises(MatterError, match=r"tiny 128x64, onnx, CPU failed on a batch of \(1, 3, 64, 128\)"):
        matter.matte_batch([frame_of(5)])


@pytest.mark.parametrize("damage", ["truncated", "text", "empty"])
def test_a_damaged_file_is_an_error_with_its_path(save, damage):
    path = save()
    content = path.read_bytes()
    path.write_bytes({"truncated": content[: len(content) // 2], "text": b"not a network", "empty": b""}[damage])
    with pytest.raises(WeightsError, match=r"tiny\.onnx is damaged.*weights verify"):
        open_tiny(path)


def test_an_unknown_provider_is_refused(save):
    matter = open_tiny(save(), provider="mps")
    with pytest.raises(MatterError, match=r"cannot run on mps: .*listed: .*CPU.*--provider auto"):
        matter.matte_batch([frame_of(5)])


def test_a_provider_that_is_not_installed_is_an_error_with_its_cure(save, monkeypatch):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    matter = open_tiny(save(), provider="cuda")
    with pytest.raises(MatterError, match=r"cannot run on CUDA: .*listed: CPU.*pip install '.\[cuda\]'"):
        matter.matte_batch([frame_of(5)])


@pytest.fixture
def falls_silently(monkeypatch):
    """An ONNX Runtime that lists CUDA, cannot load its libraries, says so on standard output, and takes the CPU."""
    make = onnxruntime.InferenceSession

    def fall(model, options, providers, **more):
        return make(model, options, providers=["CPUExecutionProvider"], **more)

    monkeypatch.setattr(
        onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"]
    )
    monkeypatch.setattr(onnxruntime, "InferenceSession", fall)
    monkeypatch.setattr(
        onnxruntime, "preload_dlls", lambda: print("Failed to load libcublas.so.13\nand more"), raising=False
    )


def test_a_silent_fall_to_the_cpu_is_an_error(save, falls_silently, capsys):
    matter = open_tiny(save(), provider="cuda")
    with pytest.raises(MatterError, match=r"cannot run on CUDA: Failed to load libcublas\.so\.13 \(listed: CPU\)"):
        matter.matte_batch([frame_of(5)])
    assert capsys.readouterr().out == ""


def test_auto_takes_what_it_really_gets_and_says_so(save, falls_silently):
    matter = open_tiny(save())
    matter.matte_batch([frame_of(5)])
    assert matter.name == "tiny 128x64, onnx, CPU"
    assert open_tiny(save(), provider="cpu", precision="int8").name == "tiny, onnx int8, CPU"


def test_no_warning_reaches_the_user_when_sessions_are_made(save, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        open_tiny(save(), threads=1).matte_batch([frame_of(5)])
    assert capfd.readouterr() == ("", "")


def test_available_lists_the_best_first(monkeypatch):
    listed = ["CPUExecutionProvider", "AzureExecutionProvider", "CUDAExecutionProvider", "TensorrtExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: listed)
    assert providers.available() == ["tensorrt", "cuda", "cpu"]


def test_the_session_of_the_size_unused_the_longest_is_dropped(save, monkeypatch):
    matter = open_tiny(save(), provider="cpu")
    made, make = [], onnxruntime.InferenceSession
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda *a, **k: made.append(1) or make(*a, **k))
    widths_px = [64 + 32 * step for step in range(SIZES_KEPT)]
    for width_px in (*widths_px, 512, *widths_px[1:], widths_px[0]):  # only the first size makes room for 512
        matter.matte_batch([frame_of(5, width_px, 64)], (width_px, 64))
    assert len(made) == SIZES_KEPT + 2
    matter.close()
    matter.matte_batch([frame_of(5, 64, 64)], (64, 64))
    assert len(made) == SIZES_KEPT + 3
