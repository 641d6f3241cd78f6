"""``ImageJob`` and ``ClipJob``: the options of ``greenless image`` and ``video``, and how both matte with them.

The plain commands and the workers of Ray call ``matte``, so both give the same pixels. On Ray, a unit of work is an
``Item``: an image, a clip, or a segment of a clip.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from realtime.errors import SettingsError
from realtime.matting.matter import Matter
from realtime.matting.refine.fine_edges import FineEdges
from realtime.media.deinterlace import Deinterlace
from realtime.media.image_metadata import Keep
from realtime.offline.image_outputs import endings_of
from realtime.offline.images import KIND, matte_pictures
from realtime.offline.output_names import Kind
from realtime.offline.report import Progress, Report, silent
from realtime.offline.trimap import AUTO, Refined
from realtime.offline.video import CLIPS, matte_video, scene_settings
from realtime.offline.video_outputs import ENDINGS, AlphaKind
from realtime.scale.footage_report import Line
from realtime.scale.footage_store import is_url, stamp
from realtime.scene.compose import Scene
from realtime.settings.schema import FinishSettings, MattingSettings, Quality, SceneSettings

if TYPE_CHECKING:
    from realtime.scale.segments import Segment

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

    def digest_of(self, location: str) -> str:
        """Return the key of one input: it changes with the input, its size and time, and the options.

        Raises:
            SourceError: there is no such file.
        """
        options = asdict(self)
        for name in _NOT_PIXELS:
            options["matting"].pop(name)
        stamps = []
        for file in filter(None, (self.background, self.scene.overlay, self.matting.weights)):
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

    refine: Refined | None
    """How closed-form matting refines the edge, if it does."""

    kind: ClassVar[Kind] = KIND

    @property
    def endings(self) -> tuple[str, ...]:
        """The endings of the outputs of one image."""
        return endings_of(composed=self.background is not None, combined=self.combined)

    def check(self) -> None:
        """Open what all workers need, so that an error of the command is reported before Ray starts.

        Raises:
            SettingsError: a composite has no background.
            SceneError: the background cannot be read.
        """
        if self.background == "transparent":
            raise SettingsError("NAME_cutout.png has a transparent background already", cure="Leave out --background")
        if self.background is not None:
            Scene(replace(self.scene, background=self.background), self.quality).close()

    def matte(
        self,
        inputs: Sequence[Path],
        output: Path | None,
        matter: Matter,
        *,
        zip_path: Path | None = None,
        skip_done: bool = False,
        progress: Progress = silent,
    ) -> Report:
        """Matte images; ``matte_pictures`` documents arguments and errors."""
        drawing = None
        if self.refine is not None:
            drawing = self.refine.scribbles or (None if self.refine.trimap == AUTO else Path(self.refine.trimap))
        return matte_pictures(
            inputs,
            output,
            FineEdges(matter) if self.quality == "best" else matter,
            finish=self.finish,
            scene=self.scene,
            quality=self.quality,
            refine=self.refine,
            drawing=drawing,
            background=self.background,
            combined=self.combined,
            zip_path=zip_path,
            keep=self.keep,
            skip_done=skip_done,
            progress=progress,
        )


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

    def check(self) -> None:
        """Open what all workers need, so that an error of the command is reported before Ray starts.

        Raises:
            SettingsError: ``background`` and ``alpha`` contradict each other.
            SceneError: the background cannot be read.
        """
        Scene(scene_settings(self.scene, self.background, self.alpha), self.quality).close()

    def matte(self, inputs: Sequence[Path], output: Path, matter: Matter, *, progress: Progress = silent) -> Report:
        """Matte clips; ``matte_video`` documents arguments and errors."""
        return matte_video(
            inputs,
            output,
            matter,
            finish=self.finish,
            scene=self.scene,
            quality=self.quality,
            background=self.background,
            alpha=self.alpha,
            deinterlace=self.deinterlace,
            progress=progress,
        )


Job = ImageJob | ClipJob


@dataclass(frozen=True, kw_only=True)
class Item:
    """One input of a job, or a segment of it."""

    location: str
    """The input."""

    name: str
    """Name of its outputs without their ending, relative to the output folder, with ``/``."""

    key: str
    """See ``digest_of``."""

    segments: "tuple[Segment, ...]" = ()
    """The parts of a clip that is cut. As a unit of work, one of them."""

    def line(self, **found: Any) -> Line:
        """Return the line of the report that says what became of it."""
        return Line(input=self.location, key=self.key, **found)


def units_of(items: Sequence[Item]) -> list[Item]:
    """Return the units of a job, in order: each input, or each of its segments."""
    units: list[Item] = []
    for item in items:
        units += [replace(item, segments=(segment,)) for segment in item.segments] or [item]
    return units
