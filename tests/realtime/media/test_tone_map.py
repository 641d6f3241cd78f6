"""HDR and wide colours become SDR by the stated curve: by numbers of the standards, and as ffmpeg's filters do it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, ColorTrc

from models.waiting import NOTICE
from realtime.media.tone_map import HLG_PEAK_NITS, LINEAR_UP_TO, PQ_PEAK_NITS, WHITE_NITS, sdr
from realtime.offline.clip import Clip
from tests.conftest import FFmpeg
from tests.realtime.media.footage import CARD, by_ffmpeg, off, read

HLG, PQ, SDR = ColorTrc.ARIB_STD_B67, ColorTrc.SMPTE2084, ColorTrc.BT709
BT709, BT2020 = ColorPrimaries.BT709, ColorPrimaries.BT2020


def grey(level: float, transfer: int, primaries: int = BT2020) -> float:
    """What a grey of this level becomes, in [0, 1]."""
    colour = sdr(np.full((1, 3), level), transfer=transfer, primaries=primaries)[0]
    assert np.ptp(colour) < 1e-3, "grey stays grey"
    return float(colour.mean())


@pytest.mark.parametrize(("transfer", "white"), [(HLG, 0.75), (PQ, 0.5806)])
def test_a_white_sheet_is_white(transfer: int, white: float) -> None:
    """BT.2408 puts a white sheet, 203 cd/m², at 75 % of HLG and 58 % of PQ. The curve leaves room above it."""
    assert grey(white, transfer) == pytest.approx(0.957, abs=0.004)
    assert grey(0.0, transfer) == 0
    assert grey(1.0, transfer) == pytest.approx(1, abs=1e-4)


def test_what_is_darker_than_the_knee_keeps_its_light() -> None:
    """PQ states light: 0.4401 is 50 cd/m² (BT.2100), so 50/203 of white, by the gamma of 2.4."""
    assert 50 / WHITE_NITS < LINEAR_UP_TO
    assert grey(0.4401, PQ) == pytest.approx((50 / WHITE_NITS) ** (1 / 2.4), abs=0.001)


@pytest.mark.parametrize("transfer", [HLG, PQ])
def test_what_is_brighter_is_never_darker(transfer: int) -> None:
    levels = [grey(level, transfer) for level in np.linspace(0, 1, 200)]
    assert (np.diff(levels) >= 0).all()
    assert len(set(np.round(levels, 4))) > 150, "highlights keep their shades"


@pytest.mark.parametrize("primaries", [BT2020, ColorPrimaries.SMPTE431, ColorPrimaries.SMPTE432])
def test_wide_colours_that_bt709_has_keep_their_grey(primaries: int) -> None:
    for level in (0.1, 0.5, 0.9):
        assert grey(level, SDR, primaries) == pytest.approx(level, abs=0.002)


def test_the_red_of_bt709_comes_back_from_p3() -> None:
    """Linear BT.709 red is (0.8225, 0.0332, 0.0171) in P3 with D65, by the primaries of SMPTE EG 432-1."""
    signal = np.array([[0.8225, 0.0332, 0.0171]]) ** (1 / 2.4)
    np.testing.assert_allclose(sdr(signal, transfer=SDR, primaries=ColorPrimaries.SMPTE432), [[1, 0, 0]], atol=0.06)


def hdr(ffmpeg: FFmpeg, path: Path, transfer: str, *words: str) -> Path:
    """A card in BT.2020, whose white is 203 cd/m² in HDR."""
    turn = (
        f"zscale=tin=bt709:min=bt709:pin=bt709:rin=full:t={transfer}:m=2020_ncl:p=2020:r=limited:npl=203:agamma=false"
    )
    name = {"2020_10": "bt2020-10"}.get(transfer, transfer)
    tags = ("-color_primaries", "bt2020", "-color_trc", name, "-colorspace", "bt2020nc", "-color_range", "tv")
    coded = words or ("-c:v", "libx265", "-x265-params", "log-level=none:lossless=1")
    chain = f"hue=s=0.5,format=gbrp,{turn},format=yuv444p10le"
    ffmpeg("-f", "lavfi", "-i", CARD, "-frames:v", "2", "-vf", chain, *coded, *tags, path)
    return path


@pytest.mark.parametrize(
    ("transfer", "peak_nits"), [("arib-std-b67", HLG_PEAK_NITS), ("smpte2084", PQ_PEAK_NITS), ("2020_10", WHITE_NITS)]
)
def test_a_clip_looks_as_by_ffmpegs_filters(ffmpeg: FFmpeg, tmp_path: Path, transfer: str, peak_nits: float) -> None:
    path = hdr(ffmpeg, tmp_path / "hdr.mp4", transfer)
    curve = (
        f"tonemap=mobius:param={LINEAR_UP_TO}:desat=0:peak={peak_nits / WHITE_NITS}," if peak_nits > WHITE_NITS else ""
    )
    chain = (
        "zscale=t=linear:npl=203:agamma=false,format=gbrpf32le,zscale=p=bt709:agamma=false,"
        f"{curve}zscale=t=bt709:m=gbr:r=full:agamma=false,format=gbrp"
    )
    ffmpeg("-i", path, "-vf", chain, "-c:v", "ffv1", tmp_path / "sdr.mkv")
    theirs = by_ffmpeg(ffmpeg, tmp_path / "sdr.mkv", (160, 96))
    _, mine = read(path)
    assert off(mine, theirs) < 1


def test_it_is_said_once(ffmpeg: FFmpeg, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(NOTICE)
    path = hdr(ffmpeg, tmp_path / "hdr.mov", "arib-std-b67")
    for _ in range(2):
        with Clip(path) as clip:
            assert len(list(clip.frames)) == 2
    said = [record.getMessage() for record in caplog.records if record.levelno >= NOTICE]
    assert said == [f"{path}: HDR (HLG) becomes SDR (BT.709) by FFmpeg's mobius curve: linear up to 80% of 203 cd/m²"]


def test_wide_colours_are_said_without_a_curve(
    ffmpeg: FFmpeg, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(NOTICE)
    read(hdr(ffmpeg, tmp_path / "wide.mp4", "2020_10"))
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path / 'wide.mp4'}: wide colours become BT.709"
    ]


def test_two_threads_do_not_share_a_filter(ffmpeg: FFmpeg, tmp_path: Path) -> None:
    path = hdr(ffmpeg, tmp_path / "hdr.mp4", "smpte2084")
    wanted = read(path)[1]
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: read(path)[1], range(12)):
            assert (np.array(found) == wanted).all()


def test_hdr_with_alpha_keeps_both(ffmpeg: FFmpeg, tmp_path: Path) -> None:
    path = hdr(ffmpeg, tmp_path / "a.mov", "arib-std-b67", "-c:v", "prores_ks", "-profile:v", "4444")
    opaque = read(path)[1][0]
    ffmpeg(
        *("-i", path, "-vf", "format=yuva444p10le,lutyuv=a=maxval/2", "-c:v", "prores_ks", "-profile:v", "4444"),
        *("-color_primaries", "bt2020", "-color_trc", "arib-std-b67", "-colorspace", "bt2020nc", tmp_path / "b.mov"),
    )
    pixels = read(tmp_path / "b.mov")[1][0]
    assert np.unique(pixels[..., 3]).tolist() == [128]
    assert np.abs(pixels[..., :3].astype(int) - opaque).mean() < 2
