"""Cuts a clip into segments at key frames, mattes one of them, and joins the results without encoding again.

A segment begins earlier for the network: its filters see as many frames as they remember. So its mattes are those of
the whole clip.
"""

import math
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av

from realtime.ending import at_last
from realtime.matting.refine.finish import memory_s
from realtime.media.animation import is_animated
from realtime.media.video_joiner import LaterPart, VideoJoiner, starts_at
from realtime.media.video_reader import stream_start_s, video_stream
from realtime.media.video_writer import VideoWriter
from realtime.offline.clip import Clip
from realtime.offline.video import clip_mattes, scene_settings
from realtime.scale.footage_store import opened
from realtime.scene.choices import CLIP_SUFFIXES
from realtime.scene.compose import Scene
from realtime.sinks.straight import straight

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

    from realtime.matting.matter import Matter
    from realtime.scale.footage_jobs import ClipJob

SEGMENT_S = 30.0
"""Length of a segment, roughly: long beside the seconds that are matted twice, short beside a clip."""

_SEEKABLE = ("mov,mp4", "matroska")
"""How FFmpeg's names begin of the formats with an index of key frames and true times."""

_EARLY_S = 1e-4
"""A frame belongs to the segment that starts at most this much later, because times are rounded."""


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A part of a clip."""

    start_s: float
    """When it starts, in seconds from the start of the clip: at a key frame."""

    end_s: float
    """When the next one starts; infinite for the last."""

    fps: Fraction
    """Frames per second of the clip."""


def segments_of(location: str, job: "ClipJob") -> tuple[Segment, ...]:
    """Cut a clip; return nothing if it must stay whole, or if the worker that reads it will report why it cannot.

    A clip stays whole if its format has no index, the output cannot be joined (images and animations), or its scene
    remembers more than the filters do (a moving background, a scene that follows the light).
    """
    if not _joinable(job):
        return ()
    try:
        with opened(location) as file, av.open(file) as container:
            stream = video_stream(container)
            if stream is None or not container.format.name.startswith(_SEEKABLE):
                return ()
            starts = [0.0, *_key_frames(container, stream)]
            fps = stream.average_rate or stream.guessed_rate
    except (av.FFmpegError, OSError):
        return ()
    if len(starts) == 1 or not fps:
        return ()
    ends = [*starts[1:], math.inf]
    return tuple(Segment(start_s=start, end_s=end, fps=fps) for start, end in zip(starts, ends, strict=True))


def _joinable(job: "ClipJob") -> bool:
    scene, background = job.scene, Path(job.background or "")
    moves = job.alpha is None and (background.suffix.lower() in CLIP_SUFFIXES or is_animated(background))
    follows = bool(scene.match_background or scene.low_light)
    return job.alpha in (None, "webm", "prores") and job.deinterlace != "field" and not (moves or follows)


def _key_frames(container: "InputContainer", stream: "VideoStream") -> list[float]:
    """Return the times of key frames that are ``SEGMENT_S`` apart, or a little less or more."""
    zero_s, unit_s = stream_start_s(stream), Fraction(stream.time_base or 1)
    lasts_s = float(stream.duration * unit_s) if stream.duration else (container.duration or 0) / av.time_base
    found: list[float] = []
    for number in range(1, int(lasts_s / SEGMENT_S + 0.5)):
        container.seek(int((zero_s + Fraction(number * SEGMENT_S)) / unit_s), stream=stream)
        packet = next((packet for packet in container.demux(stream) if packet.dts is not None), None)
        if packet is None or packet.pts is None or not packet.is_keyframe:
            return []
        time_s = float(packet.pts * unit_s - zero_s)
        if time_s - (found[-1] if found else 0.0) >= SEGMENT_S / 2:
            found.append(time_s)
    return found


def matte_segment(path: Path, segment: Segment, job: "ClipJob", matter: "Matter", target: Path) -> int:
    """Write the part of a clip to ``target``; return the number of damaged packets.

    Raises:
        GreenlessError: the clip cannot be read, or the part cannot be written.
    """
    since_s = max(segment.start_s - _EARLY_S, 0.0)
    settings = scene_settings(job.scene, job.background, job.alpha)
    shift_s = starts_at(segment.start_s, target.suffix, segment.fps)
    with Clip(path, deinterlace=job.deinterlace, from_s=max(since_s - memory_s(job.finish), 0.0)) as clip:
        mattes, settings = clip_mattes(clip, matter, job.finish, settings, job.quality, since_s)
        writer = (LaterPart if segment.start_s else VideoWriter)(
            target, width_px=clip.width_px, height_px=clip.height_px, fps=segment.fps, alpha=job.alpha is not None
        )
        with at_last(writer.abort), closing(Scene(settings, job.quality)) as scene:
            for matte in mattes:
                if matte.frame.captured_s >= segment.end_s - _EARLY_S:
                    break
                composite = scene.compose(matte)
                pixels = straight(composite) if job.alpha else composite.pixels
                writer.write(pixels, float(Fraction(matte.frame.captured_s) - shift_s))
            writer.close()
        return clip.damaged


def join_segments(
    path: Path, parts: "list[Path]", segments: tuple[Segment, ...], job: "ClipJob", target: Path
) -> tuple[str, ...]:
    """Join the written parts of a clip to ``target``, with the sound of the clip; return what of it is left out.

    Raises:
        GreenlessError: a part cannot be read, or ``target`` cannot be written.
    """
    starts = [(part, segment.start_s) for part, segment in zip(parts, segments, strict=True)]
    writer = VideoJoiner(
        target, starts, fps=segments[0].fps, alpha=job.alpha is not None, companions_of=path.absolute()
    )
    with at_last(writer.abort):
        writer.join()
    return writer.left_out
