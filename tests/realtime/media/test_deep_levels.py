"""Images of more than 8 bits: one scale for all of them, or a clear error; never a black image."""

import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from realtime.errors import SourceError
from realtime.media import deep_levels
from realtime.media.deep_levels import OffScale, scaled
from realtime.media.image_file import open_image, read_picture
from tests.realtime.media.test_colour_profile import MAGICK, by_magick

HALF = ("-alpha", "set", "-channel", "A", "-evaluate", "set", "50%", "+channel")

NEGATIVE = ("-define", "quantum:polarity=min-is-white")

RAMP = np.linspace(0, 1, 48)[None].repeat(32, 0)


@pytest.mark.parametrize(
    ("values", "right"),
    [
        (np.array([0, 1, 65535], np.uint16), [0, 1, 65535]),
        (np.array([0, 128, 255], np.int32), [0, 128 * 257, 65535]),
        (np.array([0, 2048, 4095], np.int32), [0, 32776, 65535]),  # 2048 / 4095 * 65535
        (np.array([0, 2**31, 2**32 - 1], np.uint32), [0, 32768, 65535]),
        (np.array([0.0, 0.5, 1.0], np.float32), [0, 32768, 65535]),
        (np.array([-0.005, 0.25, 1.005], np.float64), [0, 16384, 65535]),
    ],
)
def test_values_get_one_scale(values: npt.NDArray[Any], right: list[int]) -> None:
    assert scaled(values[None]).tolist() == [right]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (np.array([0, -5], np.int32), "-5 to 0"),
        (np.array([0, 3.5], np.float32), "0 to 3.5"),
        (np.array([0, 200.0]), "0 to 200"),
        (np.array([-1.0, 0.5]), "-1 to 0.5"),
        (np.array([0.5, np.nan]), "nan"),
        (np.array([0.5, np.inf]), "inf"),
    ],
)
def test_values_without_a_scale_are_an_error(values: npt.NDArray[Any], says: str) -> None:
    with pytest.raises(OffScale, match=says):
        scaled(values[None])


@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_grey_of_32_bits_looks_as_it_is(tmp_path: Path, kind: Any) -> None:
    values = RAMP.astype(np.float32) if kind is np.float32 else np.rint(RAMP * 255).astype(np.int32)
    Image.fromarray(values).save(tmp_path / "grey.tif")
    pixels, _ = read_picture(tmp_path / "grey.tif")
    assert np.abs(pixels - RAMP[..., None] * 255).max() <= 1


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_grey_of_16_bits_in_both_orders_of_bytes(tmp_path: Path, order: str) -> None:
    values = np.rint(RAMP * 65535).astype(order)
    mode = "I;16" if order == "<u2" else "I;16B"
    Image.frombytes(mode, (48, 32), values.tobytes()).save(tmp_path / "grey.tif")
    part = open_image(tmp_path / "grey.tif").whole()
    assert part.deep is not None
    assert np.array_equal(part.deep[..., 1], values)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".ppm"])
@pytest.mark.parametrize("channels", [3, 4])
def test_colours_of_16_bits_keep_them_all(tmp_path: Path, suffix: str, channels: int) -> None:
    if (suffix, channels) == (".ppm", 4):
        pytest.skip("a PPM has no alpha")
    deep = np.random.default_rng(0).integers(0, 65536, (20, 30, channels), np.uint16)
    cv2.imwrite(str(tmp_path / f"a{suffix}"), deep)
    image = open_image(tmp_path / f"a{suffix}")
    part = image.whole()
    assert image.is_deep
    assert part.deep is not None
    assert np.array_equal(part.deep, deep[..., :3])
    assert np.array_equal(part.pixels, np.rint(deep[..., :3] / 257))
    if channels == 4:
        assert part.alpha is not None
        assert np.allclose(part.alpha, deep[..., 3] / 65535, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint32])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiffs_that_pillow_cannot_open(tmp_path: Path, dtype: Any, channels: int) -> None:
    values = np.random.default_rng(1).random((20, 30, channels))
    stored = values.astype(dtype) if dtype != np.uint32 else np.rint(values * (2**32 - 1)).astype(np.uint32)
    stored[0, 0] = stored.max() if dtype == np.uint32 else stored[0, 0]
    cv2.imwrite(str(tmp_path / "a.tif"), stored)
    pixels, alpha = read_picture(tmp_path / "a.tif")
    assert np.abs(pixels[1:] - values[1:, :, :3] * 255).max() <= 1
    assert (alpha is not None) == (channels == 4)


@by_magick
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("deep.jp2", ["-depth", "16"]),
        ("twelve.jp2", ["-depth", "12"]),
        ("bare.j2k", ["-depth", "16"]),
        ("grey.jp2", ["-depth", "12", "-colorspace", "gray"]),
        ("alpha.jp2", ["-depth", "16", *HALF]),
        ("multiplied-alpha.tif", ["-depth", "16", *HALF, "-define", "tiff:alpha=associated"]),
        ("deep.psd", ["-depth", "16"]),
        ("plain.psd", ["-depth", "8"]),
        ("inks.psd", ["-depth", "8", "-colorspace", "CMYK"]),
        ("raw.psd", ["-depth", "16", "-compress", "none"]),
        ("grey.psd", ["-depth", "16", "-colorspace", "gray"]),
        ("grey-alpha.psd", ["-depth", "16", "-colorspace", "gray", *HALF]),
        ("negative.tif", ["-depth", "16", "-colorspace", "gray", *NEGATIVE]),
        ("negative-8.tif", ["-depth", "8", "-colorspace", "gray", *NEGATIVE]),
        ("planes.tif", ["-depth", "16", "-interlace", "plane"]),
        ("inks.tif", ["-depth", "16", "-colorspace", "CMYK"]),
        ("grey-alpha.png", ["-depth", "16", "-colorspace", "gray", *HALF]),
        ("turned.tif", ["-depth", "16", "-orient", "RightTop"]),
        ("mirrored.tif", ["-depth", "16", "-orient", "LeftTop"]),
    ],
)  # fmt: skip
def test_other_decoders_agree_with_imagemagick(tmp_path: Path, name: str, options: list[str]) -> None:
    path = tmp_path / name
    made = [str(MAGICK), "-size", "64x48", "plasma:#f06020-#1030c0", *options, str(path)]
    subprocess.run(made, check=True, capture_output=True)
    pixels, alpha = read_picture(path)
    how = ["-auto-orient", "-alpha", "off", "-colorspace", "sRGB", "-type", "TrueColor", "-depth", "8", "bgr:-"]
    data = subprocess.run([str(MAGICK), f"{path}[0]", *how], check=True, capture_output=True).stdout
    right = np.frombuffer(data, np.uint8).reshape(pixels.shape)
    assert np.abs(pixels.astype(int) - right).max() <= 2
    if "alpha" in name:
        assert alpha is not None
        assert np.allclose(alpha, 0.5, atol=0.01)


def test_what_libraries_print_stays_off_the_screen(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (40, 40, 3), np.uint16)
    data = cv2.imencode(".png", deep)[1].tobytes()
    (tmp_path / "cut.png").write_bytes(data[: len(data) // 2])
    cv2.imwrite(str(tmp_path / "a.tif"), deep)
    (tmp_path / "cut.tif").write_bytes((tmp_path / "a.tif").read_bytes()[:-30])
    (tmp_path / "odd.png").write_bytes(data[:33] + b"\0\0\0\x04pHYs\0\0\0\0\0\0\0\0" + data[33:])
    for name in ("cut.png", "cut.tif", "odd.png"):
        with pytest.raises(SourceError):
            read_picture(tmp_path / name)
    assert capfd.readouterr() == ("", "")


def test_what_pillow_and_libtiff_print_stays_off_the_screen(tmp_path: Path) -> None:
    """In a process of its own, because pytest and other tests have handlers of the log."""
    for name, options in (("lzw", {"compression": "tiff_lzw"}), ("plain", {})):
        noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / f"{name}.tif", **options)
    data = bytearray((tmp_path / "lzw.tif").read_bytes())
    data[200:2000] = bytes(1800)
    (tmp_path / "lzw.tif").write_bytes(data)
    plain = (tmp_path / "plain.tif").read_bytes()
    at = plain.find(struct.pack("<HHI", 277, 3, 1))
    (tmp_path / "samples.tif").write_bytes(plain[: at + 8] + b"\xff" + plain[at + 9 :])
    code = (
        "import sys; from pathlib import Path; from realtime.media.image_file import read_picture\n"
        "for name in sys.argv[1:]:\n"
        "    try: read_picture(Path(name))\n"
        "    except Exception as error: print(type(error).__name__)"
    )
    names = [str(tmp_path / name) for name in ("lzw.tif", "samples.tif")]
    root = Path(deep_levels.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, cwd=root)
    assert done.stdout.split() == ["SourceError"] * 2
    if sys.platform == "linux":  # elsewhere libtiff cannot be reached
        assert done.stderr == ""


def test_a_tiff_with_more_pixels_than_bytes_is_cut_off(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((64, 64), np.int32)).save(tmp_path / "a.tif")
    data = (tmp_path / "a.tif").read_bytes()
    at = data.find(struct.pack("<HHI", 257, 4, 1))
    assert at > 0
    (tmp_path / "a.tif").write_bytes(data[: at + 8] + struct.pack("<I", 60000) + data[at + 12 :])
    with pytest.raises(SourceError, match="it is cut off: its pixels take 15360000 bytes, and the file has"):
        read_picture(tmp_path / "a.tif")


def tiff(
    path: Path,
    values: npt.NDArray[Any],
    *,
    orientation: int = 1,
    photometric: int = 1,
    extra: int = 2,
    big: bool = False,
) -> Path:
    """Write a TIFF of one strip (TIFF 6.0, section 2; BigTIFF has offsets of 64 bits)."""
    form, head = ("<HHQQ", struct.pack("<2sHHH", b"II", 43, 8, 0)) if big else ("<HHII", b"II*\0")
    height, width, channels = values.shape
    bits, kind = values.dtype.itemsize * 8, 3 if values.dtype.kind == "f" else 1
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: photometric, 273: 0, 274: orientation, 277: channels,
            278: height, 279: values.nbytes, **({338: extra} if channels == 4 else {}), 339: kind}  # fmt: skip
    start = len(head) + (8 if big else 4)
    tags[273] = start + (8 if big else 2) + struct.calcsize(form) * len(tags) + (8 if big else 4)
    data = head + struct.pack("<Q" if big else "<I", start) + struct.pack("<Q" if big else "<H", len(tags))
    for tag, value in tags.items():
        data += struct.pack(form, tag, 16 if big and tag in (273, 279) else 4, 1, value)
    path.write_bytes(data + struct.pack("<Q" if big else "<I", 0) + values.tobytes())
    return path


UPRIGHT = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}


@pytest.mark.parametrize("big", [False, True], ids=["TIFF", "BigTIFF"])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_turned_tiff_keeps_all_bits(tmp_path: Path, orientation: int, dtype: Any, big: bool) -> None:
    levels = np.random.default_rng(1).integers(0, 65536, (20, 30, 3)).astype(np.uint16)
    stored = levels if dtype is np.uint16 else (levels / 65535).astype(np.float32)
    path = tiff(tmp_path / "a.tif", stored, orientation=orientation, photometric=2, big=big)
    deep = open_image(path).whole().deep
    assert deep is not None
    assert np.abs(deep.astype(int) - UPRIGHT[orientation](levels[..., ::-1])).max() <= 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.float32, np.float64])
def test_of_a_negative_0_is_white(tmp_path: Path, dtype: Any) -> None:
    top = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    path = tiff(tmp_path / "a.tif", (RAMP[..., None] * top).astype(dtype), photometric=0)
    assert np.abs(read_picture(path)[0] - (1 - RAMP[..., None]) * 255).max() <= 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("extra", "alpha"), [(0, False), (2, True)], ids=["unspecified", "alpha"])
def test_a_fourth_channel_is_alpha_only_if_the_tiff_says_so(
    tmp_path: Path, dtype: Any, extra: int, alpha: bool
) -> None:
    stored = np.random.default_rng(1).integers(0, 255, (20, 30, 4)).astype(dtype)
    assert (read_picture(tiff(tmp_path / "a.tif", stored, photometric=2, extra=extra))[1] is not None) == alpha


_SHRINKING = """
import os, sys
from pathlib import Path
import cv2
from realtime.media.image_file import open_image

path, decode = Path(sys.argv[1]), cv2.imdecode

def shrunk(*how):
    os.truncate(path, 0)
    return decode(*how)

cv2.imdecode = shrunk
print(open_image(path).is_deep)
"""


@pytest.mark.parametrize("suffix", ["png", "jp2"])
def test_a_file_that_shrinks_while_it_is_decoded_does_not_end_the_process(tmp_path: Path, suffix: str) -> None:
    """Of a mapped file, the system would send SIGBUS, also for a network drive that is lost."""
    path = tmp_path / f"a.{suffix}"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 65536, (90, 120, 3), np.uint16))
    done = subprocess.run([sys.executable, "-c", _SHRINKING, str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
