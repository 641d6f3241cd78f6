"""Trimaps, given and made, and what is found between their sure parts."""

import os
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.home import tidy
from realtime.errors import MissingExtra, SettingsError, SourceError
from realtime.frame import Alpha, Frame, Matte, Pixels
from realtime.offline import trimap as module
from realtime.offline.trimap import Refined, read_drawing, solved, trimap_of

HEIGHT, WIDTH = 60, 80
ROOM, PERSON = (60, 130, 40), (90, 120, 210)


def true() -> Alpha:
    """A disc with a soft edge."""
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    return np.clip((22 - np.hypot(across - 40, down - 30)) / 4 + 0.5, 0, 1).astype(np.float32)


def picture() -> Pixels:
    alpha = true()[..., None]
    return np.rint(np.array(PERSON) * alpha + np.array(ROOM) * (1 - alpha)).astype(np.uint8)


def matte(alpha: Alpha) -> Matte:
    return Matte(alpha=alpha, frame=Frame(pixels=picture(), index=0, captured_s=0.0))


def by_colour(pixels: Pixels, trimap: module.Trimap) -> Alpha:
    """A solver for the two colours above: how far a pixel lies from the one to the other."""
    way = np.array(PERSON, float) - ROOM
    return np.asarray((pixels - np.array(ROOM, float)) @ way / (way @ way), np.float32)


@pytest.fixture
def solver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts ``by_colour`` in pymatting's place."""
    monkeypatch.setattr(module, "closed_form", by_colour)


def test_a_trimap_is_unknown_round_the_edge_and_sure_elsewhere() -> None:
    trimap, alpha = trimap_of(true()), true()
    assert set(np.unique(trimap)) == {0, 0.5, 1}
    assert (trimap[(alpha > 0.05) & (alpha < 0.95)] == 0.5).all()
    assert trimap[30, 40] == 1
    assert trimap[0, 0] == 0
    assert 0.02 < (trimap == 0.5).mean() < 0.3


@pytest.mark.usefixtures("solver")
def test_a_coarse_matte_becomes_a_fine_one() -> None:
    coarse = cv2.GaussianBlur(true(), (0, 0), 3)
    refined = Refined()(matte(coarse))
    assert np.abs(refined.alpha - true()).mean() < 0.1 * np.abs(coarse - true()).mean()


@pytest.mark.usefixtures("solver")
def test_a_trimap_that_is_given_counts_and_the_network_does_not(tmp_path: Path) -> None:
    drawn = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    drawn[:3], drawn[25:35, 35:45] = 0, 255
    cv2.imwrite(str(tmp_path / "map.png"), drawn)
    refined = Refined(trimap=str(tmp_path / "map.png"))(matte(np.zeros((HEIGHT, WIDTH), np.float32)))
    np.testing.assert_allclose(refined.alpha, true(), atol=0.02)
    assert (refined.alpha[25:35, 35:45] == 1).all()


@pytest.mark.usefixtures("solver")
@pytest.mark.parametrize("transparent", [True, False])
def test_strokes_change_the_trimap_where_they_are(tmp_path: Path, transparent: bool) -> None:
    # Where nothing was drawn, programs leave transparent black.
    strokes = np.full((HEIGHT, WIDTH, 4), 0 if transparent else 128, np.uint8)
    strokes[28:32, 38:42] = (0, 0, 0, 255)
    cv2.imwrite(str(tmp_path / "strokes.png"), strokes if transparent else strokes[..., :3])
    refined = Refined(scribbles=tmp_path / "strokes.png")(matte(true()))
    assert (refined.alpha[28:32, 38:42] == 0).all()
    assert refined.alpha[22, 40] == 1


def test_the_solver_sees_no_more_than_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def solver(pixels: Pixels, trimap: module.Trimap) -> Alpha:
        seen.append(pixels.shape[:2])
        return np.full(trimap.shape, 0.3, np.float32)

    trimap = np.zeros((200, 300), np.float32)
    trimap[100:], trimap[98:100, 150:160] = 1, 0.5
    monkeypatch.setattr(module, "closed_form", solver)
    alpha = solved(np.zeros((200, 300, 3), np.uint8), trimap)
    assert seen == [(34, 42)]
    assert (alpha[98:100, 150:160] == np.float32(0.3)).all()
    np.testing.assert_array_equal(alpha[trimap != 0.5], trimap[trimap != 0.5])


def test_what_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "small.png"), np.zeros((5, 5), np.uint8))
    with pytest.raises(SettingsError, match=r"small\.png is 5x5, but its image is 80x60"):
        read_drawing(tmp_path / "small.png", (HEIGHT, WIDTH))
    with pytest.raises(SourceError):
        read_drawing(tmp_path / "none.png", (HEIGHT, WIDTH))
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((HEIGHT, WIDTH), 128, np.uint8))
    with pytest.raises(SettingsError, match=r"grey\.png has no black or no white.*--scribbles"):
        Refined(trimap=str(tmp_path / "grey.png"))(matte(true()))
    with pytest.raises(SettingsError, match="no person"):
        Refined()(matte(np.full((HEIGHT, WIDTH), 0.5, np.float32)))


def test_without_pymatting_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymatting", None)
    with pytest.raises(MissingExtra, match=r"'\.\[pymatting\]'"):
        Refined()(matte(cv2.GaussianBlur(true(), (0, 0), 2)))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_pymatting_finds_the_edge() -> None:
    pytest.importorskip("pymatting", reason="pymatting is an extra")
    coarse = cv2.GaussianBlur(true(), (0, 0), 3)
    refined = Refined()(matte(coarse))
    assert np.abs(refined.alpha - true()).mean() < 0.4 * np.abs(coarse - true()).mean()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_noise_and_the_blocks_of_a_jpeg_are_forgiven(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pymatting", reason="pymatting is an extra")
    noisy = np.clip(picture() + np.random.default_rng(0).normal(0, 4, (HEIGHT, WIDTH, 3)), 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 75])
    frame = Frame(pixels=np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8), index=0, captured_s=0.0)
    coarse = Matte(alpha=cv2.GaussianBlur(true(), (0, 0), 3), frame=frame)

    def error() -> float:
        return float(np.abs(Refined()(coarse).alpha - true()).mean())

    forgiving = error()
    monkeypatch.setattr(module, "_EPSILON", 1e-7)  # pymatting's own
    assert forgiving < 0.9 * error()


@pytest.mark.slow
@pytest.mark.parametrize("kept", [True, False])
def test_what_pymatting_compiles_is_kept_in_no_folder_of_numbas_own(
    monkeypatch: pytest.MonkeyPatch, greenless_home: Path, kept: bool
) -> None:
    pytest.importorskip("pymatting")
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    if not kept:
        environment["GREENLESS_HOME"] = os.devnull
    monkeypatch.setattr(os, "environ", environment)
    module._keep_compiled()
    assert "NUMBA_CACHE_DIR" not in environment  # beside pymatting it can be kept
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path.name != "pymatting" and access(path, mode))
    try:
        module._keep_compiled()
        folder = Path(environment["NUMBA_CACHE_DIR"])
        assert folder.is_dir()
        assert (folder == greenless_home / "weights" / "numba") is kept
    finally:
        tidy()
