"""Cutting a clip and joining it: no frame, time or sound differs, and no cut shows. No test here starts Ray."""

import math
from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from realtime.matting import open_matter
from realtime.matting.matter import Matter
from realtime.matting.refine.finish import memory_s
from realtime.media.video_joiner import starts_at
from realtime.offline.clip import Clip
from realtime.offline.video import clip_mattes, matte_video
from realtime.scale import segments
from realtime.scale.footage_jobs import ClipJob
from realtime.scale.segments import Segment, join_segments, matte_segment, segments_of
from realtime.scene.compose import Scene
from realtime.settings.schema import FinishSettings, MattingSettings, SceneSettings
from tests.conftest import FFmpeg
from tests.realtime.scale.test_footage_plan import CLIPS, replace

SAMPLE = Path(segments.__file__).resolve().parents[1] / "capture" / "sample" / "person.mp4"
LENGTH_S = 2.0
FPS = 8
Frames = list[npt.NDArray[np.uint8]]


@pytest.fixture(autouse=True)
def _short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "SEGMENT_S", LENGTH_S)


@pytest.fixture
def clip(tmp_path: Path, ffmpeg: FFmpeg) -> Path:
    """Nine seconds of a moving person with sound, chapters' worth of key frames, and B-frames."""
    path = tmp_path / "clip.mp4"
    ffmpeg(
        *("-stream_loop", "3", "-i", SAMPLE, "-f", "lavfi", "-i", "sine=440", "-t", "9"),
        *("-vf", f"scale=160:90,fps={FPS}", "-g", f"{FPS}", "-bf", "2", "-c:v", "libx264", "-crf", "10", "-c:a", "aac"),
        *("-map", "0:v", "-map", "1:a", "-metadata", "title=Nine", path),
    )
    return path


def job(**changes: Any) -> ClipJob:
    return replace(CLIPS, background="#405060", **changes)


def joined(path: Path, what: ClipJob, matter: Matter, folder: Path, suffix: str) -> tuple[Path, tuple[Segment, ...]]:
    """Matte each segment on its own, then join them."""
    cut, parts = segments_of(str(path), what), []
    for index, segment in enumerate(cut):
        parts.append(folder / f"part{index}{suffix}")
        matte_segment(path, segment, what, matter, parts[-1])
    out = folder / f"joined{suffix}"
    join_segments(path, parts, cut, what, out)
    return out, cut


def packets(path: Path) -> list[tuple[str, Fraction]]:
    with av.open(str(path)) as opened:
        return sorted((each.stream.type, each.pts * each.time_base) for each in opened.demux() if each.pts is not None)


def frames(path: Path) -> Frames:
    with av.open(str(path)) as opened:
        return [frame.to_ndarray(format="bgr24") for frame in opened.decode(video=0)]


def psnr(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> float:
    error = float(np.mean((one.astype(np.float64) - other) ** 2))
    return 99.0 if error == 0 else 10 * math.log10(255**2 / error)


def test_the_cuts_are_at_key_frames_and_cover_the_clip(clip: Path) -> None:
    cut = segments_of(str(clip), job())
    with av.open(str(clip)) as opened:
        start_s = opened.streams.video[0].start_time * opened.streams.video[0].time_base
        keys = {float(each.pts * each.time_base - start_s) for each in opened.demux(video=0) if each.is_keyframe}
    assert [segment.start_s for segment in cut] == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert {segment.start_s for segment in cut} <= keys
    assert [segment.end_s for segment in cut] == [2.0, 4.0, 6.0, 8.0, math.inf]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_joined_clip_has_the_packets_of_the_whole_one(
    suffix: str, clip: Path, tmp_path: Path, ffmpeg: FFmpeg
) -> None:
    matter = open_matter(CLIPS.matting)
    out, cut = joined(clip, job(), matter, tmp_path, suffix)
    whole = tmp_path / f"whole{suffix}"
    report = matte_video([clip], whole, matter, quality="fast", background="#405060")
    assert not report.failures
    assert len(cut) == 5
    assert packets(out) == packets(whole)
    quality = [psnr(*pair) for pair in zip(frames(out), frames(whole), strict=True)]
    cuts = [round(segment.start_s * FPS) for segment in cut[1:]]
    assert len(quality) == 9 * FPS
    assert np.mean(quality) >= 45
    inside = [each for index, each in enumerate(quality) if index > cuts[0] and index not in cuts]
    assert min(quality[cut] for cut in cuts) >= min(inside) - 0.5, (quality, cuts)
    entries = "format=duration:format_tags=title:stream=codec_name,duration,nb_frames,avg_frame_rate"
    assert ffmpeg.probe(out, entries) == ffmpeg.probe(whole, entries)


def test_joined_alpha_stays_straight_alpha(clip: Path, tmp_path: Path) -> None:
    matter = open_matter(replace(CLIPS.matting, weights="chroma:#2a7f3f"))
    what = replace(CLIPS, alpha="webm")
    out, _ = joined(clip, what, matter, tmp_path, ".webm")
    whole = tmp_path / "whole.webm"
    assert not matte_video([clip], whole, matter, quality="fast", alpha="webm").failures
    assert packets(out) == packets(whole)
    with Clip(out) as one, Clip(whole) as other:
        assert one.cut_out
        for mine, theirs in zip(one.mattes(), other.mattes(), strict=True):
            assert np.abs(mine.alpha - theirs.alpha).mean() < 0.01


@pytest.fixture(scope="module")
def network() -> Iterator[Matter]:
    with closing(open_matter(MattingSettings(runtime="onnx", precision="int8", threads=1))) as matter:
        yield matter


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["smooth", "ofd"])
def test_the_mattes_of_a_segment_are_those_of_the_clip(kind: Any, clip: Path, network: Matter) -> None:
    finish, scene = FinishSettings(temporal=kind), SceneSettings()
    with Clip(clip) as whole:
        expected = {
            matte.frame.captured_s: matte.alpha for matte in clip_mattes(whole, network, finish, scene, "balanced")[0]
        }
    since_s = 6.0
    with Clip(clip, from_s=since_s - memory_s(finish)) as part:
        found = {
            matte.frame.captured_s: matte.alpha
            for matte in clip_mattes(part, network, finish, scene, "balanced", since_s)[0]
        }
    assert list(found) == [time_s for time_s in expected if time_s >= since_s]
    worst = [float(np.abs(alpha - expected[time_s]).max()) for time_s, alpha in found.items()]
    assert max(worst) < 1 / 255, worst


@pytest.mark.slow
def test_no_seam_shows_at_a_cut(clip: Path, network: Matter, tmp_path: Path) -> None:
    """Against the composites before encoding, the frames at a cut are as good as those of the plain command."""
    what = job(finish=FinishSettings(), quality="balanced")
    with Clip(clip) as opened, closing(Scene(replace(SceneSettings(), background="#405060"), "balanced")) as scene:
        mattes, _ = clip_mattes(opened, network, what.finish, SceneSettings(), "balanced")
        exact = [scene.compose(matte).pixels.copy() for matte in mattes]
    out, cut = joined(clip, what, network, tmp_path, ".mp4")
    whole = tmp_path / "whole.mp4"
    assert not matte_video([clip], whole, network, quality="balanced", background="#405060").failures
    usual = [psnr(*pair) for pair in zip(frames(whole), exact, strict=True)]
    mine = [psnr(*pair) for pair in zip(frames(out), exact, strict=True)]
    at_cuts = [mine[round(segment.start_s * FPS) + step] for segment in cut[1:] for step in range(-1, 3)]
    assert min(at_cuts) >= min(usual) - 0.5, (min(at_cuts), min(usual))
    assert np.mean([psnr(*pair) for pair in zip(frames(out), frames(whole), strict=True)]) >= 45


@pytest.mark.parametrize(
    "changes",
    [
        {"alpha": "gif", "background": None},
        {"alpha": "png", "background": None},
        {"deinterlace": "field"},
        {"scene": SceneSettings(match_background=0.5)},
        {"background": str(SAMPLE)},
    ],
)
def test_what_cannot_be_joined_stays_whole(changes: dict[str, Any], clip: Path) -> None:
    assert segments_of(str(clip), replace(job(), **changes)) == ()


def test_clips_without_an_index_short_clips_and_no_clips_stay_whole(clip: Path, tmp_path: Path, ffmpeg: FFmpeg) -> None:
    ffmpeg("-i", clip, "-c", "copy", tmp_path / "a.ts")
    ffmpeg("-i", clip, "-t", "2.5", "-c", "copy", tmp_path / "short.mp4")
    ffmpeg("-i", clip, "-g", "999", "-sc_threshold", "0", tmp_path / "one-key-frame.mp4")
    (tmp_path / "no.mp4").write_bytes(b"nothing")
    for name in ("a.ts", "short.mp4", "one-key-frame.mp4", "no.mp4", "missing.mp4"):
        assert segments_of(str(tmp_path / name), job()) == (), name


def test_a_part_begins_on_a_tick_of_the_clip() -> None:
    fps = Fraction(30000, 1001)
    assert starts_at(10.01, ".mp4", fps) == round(Fraction(10.01) * 60_000) * Fraction(1, 60_000)
    assert starts_at(10.01, ".webm", fps) == 0
