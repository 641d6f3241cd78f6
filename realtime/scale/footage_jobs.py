"""What a job on Ray does: its options, and its units of work.

A unit is an image, a clip, or a segment of a clip. All of them travel as text, so that Ray moves no pixels.
"""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar

from realtime.media.deinterlace import Deinterlace
from realtime.media.image_metadata import Keep
from realtime.offline.image_outputs import endings_of
from realtime.offline.images import KIND
from realtime.offline.output_names import Kind
from realtime.offline.video import CLIPS
from realtime.offline.video_outputs import ENDINGS, AlphaKind
from realtime.scale.footage_store import is_url, stamp
from realtime.scale.segments import Segment
from realtime.settings.schema import FinishSettings, MattingSettings, Quality, SceneSettings

_NOT_PIXELS = ("threads", "governor", "economy")
"""Settings of the network that change no offline result."""


@dataclass(frozen=True, kw_only=True)
class _Job:
    matting: MattingSettings
    """The network."""

    finish: FinishSettings
    """How its mattes are refined."""

    scene: SceneSettings
    """How the person is composited; its background is ignored."""

    quality: Quality
    """Decides settings that are auto."""

    background: str | None
    """The background of composites."""

    kind: ClassVar[Kind]
    """The kind of its inputs."""

    @property
    def endings(self) -> tuple[str, ...]:
        """The endings of the outputs of one input."""
        raise NotImplementedError

    def digest_of(self, location: str) -> str:
        """Return the key of one input: it changes with the input, its size and time, and the options.

        Raises:
            SourceError: there is no such file.
        """
        options = asdict(self)
        for name in _NOT_PIXELS:
            options["matting"].pop(name)
        files = [file for file in (self.background, self.scene.overlay, self.matting.weights) if file]
        stamps = []
        for file in files:
            with suppress(OSError):
                found = os.stat(os.path.expanduser(file))
                stamps.append((file, found.st_size, found.st_mtime_ns))
        own = location if is_url(location) else os.path.abspath(location)
        text = json.dumps([type(self).__name__, own, stamp(location), options, stamps], sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]


@dataclass(frozen=True, kw_only=True)
class ImageJob(_Job):
    """The options of ``greenless image``."""

    combined: bool
    """Whether to write NAME_combined.png."""

    keep: Keep
    """What the outputs keep of the metadata."""

    refined: bool
    """Whether closed-form matting refines the edge."""

    kind: ClassVar[Kind] = KIND

    @property
    def endings(self) -> tuple[str, ...]:
        """The endings of the outputs of one image."""
        return endings_of(composed=self.background is not None, combined=self.combined)


@dataclass(frozen=True, kw_only=True)
class ClipJob(_Job):
    """The options of ``greenless video``."""

    alpha: AlphaKind | None
    """The format that keeps the alpha; None for a composite."""

    deinterlace: Deinterlace
    """What becomes of interlaced frames."""

    single: str | None = None
    """The suffix of the one output, if a file was named instead of a folder."""

    kind: ClassVar[Kind] = CLIPS

    @property
    def endings(self) -> tuple[str, ...]:
        """The ending of the output of one clip."""
        return (ENDINGS[self.alpha] if self.single is None else self.single,)


Job = ImageJob | ClipJob


@dataclass(frozen=True, kw_only=True)
class Item:
    """One input of a job."""

    location: str
    """The input."""

    name: str
    """Name of its outputs without their ending, relative to the output folder, with ``/``."""

    key: str
    """See ``digest_of``."""

    segments: tuple[Segment, ...] = ()
    """The parts of a clip that is cut."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """What one worker does at a time."""

    number: int
    """Its number in the job."""

    item: Item
    """The input, without its other segments."""

    part: int = -1
    """The number of the segment; -1 for the whole input."""

    def to_text(self) -> str:
        """Return it as JSON."""
        found = asdict(self)
        found["item"]["segments"] = [
            {**segment, "fps": str(segment["fps"]), "end_s": str(segment["end_s"])}
            for segment in found["item"]["segments"]
        ]
        return json.dumps(found)

    @staticmethod
    def of_text(text: str) -> "Unit":
        """Return the unit that ``to_text`` wrote."""
        found: dict[str, Any] = json.loads(text)
        item = found.pop("item")
        segments = tuple(
            Segment(start_s=each["start_s"], end_s=float(each["end_s"]), fps=Fraction(each["fps"]))
            for each in item.pop("segments")
        )
        return Unit(item=Item(**item, segments=segments), **found)


def units_of(items: list[Item]) -> list[Unit]:
    """Return the units of a job, in order: an input, or each of its segments."""
    units: list[Unit] = []
    for item in items:
        if not item.segments:
            units.append(Unit(number=len(units), item=item))
        for part, segment in enumerate(item.segments):
            units.append(Unit(number=len(units), item=replace(item, segments=(segment,)), part=part))
    return units


def part_name(item: Item, segment: Segment, ending: str) -> str:
    """Return the name of the file of a segment, in the folder for parts."""
    return f"{item.key}-{round(segment.start_s * 1000)}.{ending.rpartition('.')[2]}"
