"""Shows HDR and wide-gamut frames on an SDR screen, in BT.709.

    R'G'B' of the file ──EOTF──▶ light in cd/m² ──matrix──▶ BT.709 primaries ──curve──▶ [0, 1] ──1/2.4──▶ R'G'B'

The whole way is one table of colours, which FFmpeg's ``lut3d`` applies.
"""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache, lru_cache
from threading import get_ident

import av
import numpy as np
import numpy.typing as npt
from av.filter import Graph
from av.video.reformatter import ColorPrimaries, ColorTrc

from realtime.media.filters import single

Light = npt.NDArray[np.float64]

WHITE_NITS = 203.0
"""Light of a white sheet in HDR, which becomes the white of SDR (ITU-R BT.2408)."""

HLG_PEAK_NITS, PQ_PEAK_NITS = 1000.0, 10_000.0
"""Brightest light of the screen that HLG is meant for (BT.2100), and the brightest that PQ can state."""

LINEAR_UP_TO = 0.8
"""Share of SDR's white below which light stays as it is."""

CURVE = f"FFmpeg's mobius curve: linear up to {LINEAR_UP_TO:.0%} of {WHITE_NITS:.0f} cd/m²"
"""The curve in words."""

SIDE = 65
"""Colours of the table along each axis; those between are interpolated. Most are less than 1 level of 255 off. Those at
the edge of BT.709 get up to 15 levels of the channel that they lack, which is too dark to be seen beside the others."""

SDR_GAMMA = 2.4
"""Of an SDR screen (BT.1886)."""

_TO_BT709 = {
    ColorPrimaries.BT2020: ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187)),
    ColorPrimaries.SMPTE431: ((1.1575, -0.1550, -0.0025), (-0.0415, 1.0456, -0.0041), (-0.0180, -0.0786, 1.0967)),
    ColorPrimaries.SMPTE432: ((1.2249, -0.2247, 0.0), (-0.0420, 1.0419, 0.0), (-0.0197, -0.0786, 1.0979)),
}
"""Matrices from linear light in wide primaries to BT.709: BT.2087 for BT.2020; P3 with D65, and adapted from DCI white.

Other primaries (BT.601 and older) differ so little that players show them as BT.709.
"""


_HDR: dict[int, str] = {ColorTrc.ARIB_STD_B67: "HLG", ColorTrc.SMPTE2084: "PQ"}


def change_of(frame: av.VideoFrame) -> str | None:
    """Say what ``tone_mapped`` changes in a frame; None if an SDR screen shows it as it is.

    A frame that does not state its transfer or primaries stays as it is.
    """
    if (name := _HDR.get(frame.color_trc)) is not None:
        return f"HDR ({name}) becomes SDR (BT.709) by {CURVE}"
    return "wide colours become BT.709" if frame.color_primaries in _TO_BT709 else None


def tone_mapped(rgb: av.VideoFrame, *, transfer: int, primaries: int) -> av.VideoFrame:
    """Convert a frame to BT.709 for an SDR screen.

    Args:
        rgb: as ``gbrp16le`` or, with alpha, ``gbrap16le``.
        transfer: FFmpeg's number of its transfer.
        primaries: FFmpeg's number of its primaries.

    Returns:
        A frame of the same size and format.
    """
    graph = _graph(get_ident(), rgb.width, rgb.height, rgb.format.name, transfer, primaries)
    graph.vpush(rgb)
    return graph.vpull()


def sdr(colours: Light, *, transfer: int, primaries: int) -> Light:
    """Convert colours to BT.709 for an SDR screen.

    Args:
        colours: ``(..., 3)`` R'G'B' in [0, 1] as the file codes them.
        transfer: FFmpeg's number of their transfer (``ColorTrc``); others than HLG and PQ count as SDR.
        primaries: FFmpeg's number of their primaries (``ColorPrimaries``).

    Returns:
        ``(..., 3)`` R'G'B' in [0, 1].
    """
    nits, peak_nits = _LIGHT.get(transfer, _sdr_light)(colours)
    light = nits / WHITE_NITS @ np.array(_TO_BT709.get(ColorPrimaries(primaries), np.eye(3))).T
    brightest = np.maximum(light.max(axis=-1, keepdims=True), 1e-6)
    light = light * (_mobius(brightest, peak_nits / WHITE_NITS) / brightest)
    return np.asarray(np.clip(light, 0, 1) ** (1 / SDR_GAMMA))


def _mobius(light: Light, peak: float) -> Light:
    """FFmpeg's curve of that name (``libavfilter/vf_tonemap.c``): 0 to ``LINEAR_UP_TO`` as it is, ``peak`` to 1."""
    if peak <= 1:
        return light
    knee = LINEAR_UP_TO
    a = -(knee**2) * (peak - 1) / (knee**2 - 2 * knee + peak)
    b = (knee**2 - 2 * knee * peak + peak) / (peak - 1)
    return np.where(light <= knee, light, (b**2 + 2 * b * knee + knee**2) / (b - a) * (light + a) / (light + b))


def _hlg_light(signal: Light) -> tuple[Light, float]:
    """Return the light in cd/m² (BT.2100: inverse OETF, then the OOTF for a screen of 1000 cd/m²), and the peak."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    luminance = scene @ (0.2627, 0.6780, 0.0593)
    return HLG_PEAK_NITS * luminance[..., None] ** 0.2 * scene, HLG_PEAK_NITS


def _pq_light(signal: Light) -> tuple[Light, float]:
    """Return the light in cd/m² (SMPTE ST 2084), and the peak."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    power = signal ** (1 / m2)
    return PQ_PEAK_NITS * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1), PQ_PEAK_NITS


def _sdr_light(signal: Light) -> tuple[Light, float]:
    """Return the light in cd/m² if white is ``WHITE_NITS``, and the peak."""
    return WHITE_NITS * signal**SDR_GAMMA, WHITE_NITS


_LIGHT: dict[int, Callable[[Light], tuple[Light, float]]] = {
    ColorTrc.ARIB_STD_B67: _hlg_light,
    ColorTrc.SMPTE2084: _pq_light,
}


@cache
def _cube(transfer: int, primaries: int) -> str:
    """The table in Adobe's .cube format; red varies fastest."""
    axis = np.linspace(0, 1, SIDE)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    colours = sdr(np.stack((red, green, blue), axis=-1), transfer=transfer, primaries=primaries)
    rows = (f"{red:.5f} {green:.5f} {blue:.5f}" for red, green, blue in colours.reshape(-1, 3).tolist())
    return "\n".join((f"LUT_3D_SIZE {SIDE}", *rows))


@lru_cache(maxsize=4)  # a background opens its clip for each round, and the table takes 0.2 s
def _graph(thread: int, width_px: int, height_px: int, form: str, transfer: int, primaries: int) -> Graph:
    """The filter for the frames of one kind, of one thread."""
    descriptor, name = tempfile.mkstemp(suffix=".cube")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(_cube(transfer, primaries))
        return single(av.VideoFrame(width_px, height_px, form), "lut3d", file=name, interp="tetrahedral")
    finally:
        with suppress(OSError):
            os.unlink(name)
