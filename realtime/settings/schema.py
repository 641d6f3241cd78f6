"""The settings: one tree of frozen dataclasses = the TOML file = the command line = the help text.

The tables of ``settings.toml`` are the groups below; ``settings.file`` reads and writes it. Every field's docstring is
its help text. Ranges stand in the field's ``metadata`` and are checked when the object is made, as texts are.
"""

import re
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from models.shown import shown
from realtime.errors import SettingsError
from realtime.settings.values import check_text


def within(default: float, low: float, high: float, unit: str = "") -> Any:
    """A numeric field with its range and unit, which help, checks and control page all read from the metadata."""
    return field(default=default, metadata={"range": (low, high), "unit": unit})


@dataclass(frozen=True, kw_only=True)
class Group:
    """A table of the settings file; checks the texts and ranges of its fields."""

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            for text in value if isinstance(value, tuple) else (value,):
                if isinstance(text, str):
                    check_text(text, f.name)
            if (bounds := f.metadata.get("range")) is not None and not bounds[0] <= value <= bounds[1]:
                asked = f"{f.name} from {bounds[0]} to {bounds[1]} {f.metadata['unit']}".rstrip()
                raise SettingsError(f"expected {asked}, got {shown(value)}", key=f.name)


def choose(key: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a text that is none of the choices.

    Raises:
        SettingsError: it is another text.
    """
    if value not in choices:
        listed = ", ".join(choice or "nothing" for choice in choices)
        raise SettingsError(f"expected {key} to be one of {listed}, got {value!r}", key=key)


PIXEL_FORMATS = (
    *("MJPG", "YUYV", "YUY2", "UYVY", "NV12", "NV21", "I420", "YU12", "YV12"),
    *("BGR3", "RGB3", "RGBP", "GREY", "JPEG", "H264", ""),
)
"""What cameras give and OpenCV turns into BGR, by FOURCC; empty asks for nothing."""

PROVIDERS = ("auto", "cpu", "cuda", "tensorrt", "coreml", "mps")
"""What a network can run on, whichever the runtime."""

SMALLEST_REFERENCE_PX = 32
"""Networks halve a frame five times: nothing is left of a smaller one."""

Quality = Literal["fast", "balanced", "best"]
"""How much work goes into each picture."""


@dataclass(frozen=True, kw_only=True)
class CameraSettings(Group):
    """What is asked of the camera; what it granted is shown at the start."""

    camera: str = "0"
    """Camera by number, path (/dev/video0) or part of its name."""

    width: int = within(1280, 16, 7680, "px")
    """Width asked for, in px."""

    height: int = within(720, 16, 4320, "px")
    """Height asked for, in px."""

    fps: float = within(30.0, 1, 240, "fps")
    """Frames a second asked for."""

    pixel_format: str = "MJPG"
    """FOURCC asked for: MJPG, YUYV, NV12; empty leaves it to the driver."""

    on_demand: bool = False
    """Open the camera, and light it, only while a program shows the virtual camera (Linux) or somebody a page."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pixel_format.upper() not in PIXEL_FORMATS:
            choose("pixel_format", self.pixel_format, PIXEL_FORMATS)


@dataclass(frozen=True, kw_only=True)
class MattingSettings(Group):
    """The network and what runs it."""

    weights: str = "greenless-lite"
    """Name of known weights (greenless weights list) or path of a .onnx, .ckpt or .safetensors file; or
    chroma[:#RRGGBB], which keys a green or blue screen without a network."""

    runtime: Literal["auto", "onnx", "openvino", "torch"] = "auto"
    """onnx (ONNX Runtime), openvino (extra greenless[openvino]) or torch (extra greenless[torch]); auto takes the
    faster one of onnx and openvino on this processor, measured at the first start."""

    provider: str = "auto"
    """auto, cpu, cuda, tensorrt, coreml (onnx); auto, cpu, cuda, mps (torch). One asked for and not got is an error."""

    precision: Literal["auto", "float32", "bfloat16", "int8"] = "auto"
    """Number format of the network: auto takes the fastest that the weights and this processor offer."""

    reference_size: int = within(0, 0, 2048, "px")
    """Shorter side of a landscape frame (4:3 to 16:9) at the network, in px, at least 32. Other shapes get as many
    pixels as a 16:9 frame. A larger size is finer and slower. 0 uses the size that the weights were trained for."""

    threads: int = within(0, 0, 256)
    """Processor threads of the network; 0 takes the number that is fastest on this processor."""

    governor: bool = True
    """Hold the frame rate of a live run: do less while the machine is busy, and more again when it has time."""

    economy: Literal["auto", "on", "off"] = "auto"
    """Leave the network out while nothing moves, and show it only the part where somebody is: auto does so when the
    frame rate would not hold without."""

    def __post_init__(self) -> None:
        super().__post_init__()
        choose("provider", self.provider, PROVIDERS)
        if 0 < self.reference_size < SMALLEST_REFERENCE_PX:
            asked = f"reference_size 0 or from {SMALLEST_REFERENCE_PX} to 2048 px"
            raise SettingsError(f"expected {asked}, got {self.reference_size}", key="reference_size")


@dataclass(frozen=True, kw_only=True)
class FinishSettings(Group):
    """What happens to a matte between the network and the scene."""

    enlarge: Literal["auto", "bilinear", "guided"] = "auto"
    """How a matte comes to the picture's size: by interpolation, or guided by the picture's own edges, for hair.
    auto follows the setting quality."""

    temporal: Literal["auto", "off", "smooth", "ofd"] = "auto"
    """How mattes are steadied from frame to frame: smooth along the motion, without delay, or ofd, one frame late.
    auto follows the setting quality."""

    islands: bool = True
    """Clear specks away from the person, and fill small holes inside."""

    black_point: float = within(0.0, 0.0, 0.45)
    """Alpha up to here becomes nothing: takes away a veil that the network leaves on the room."""

    white_point: float = within(1.0, 0.55, 1.0)
    """Alpha from here on becomes full: closes a person that the room shines through."""

    grow: float = within(0.0, -20.0, 20.0, "px")
    """How much further the person reaches, in px of a picture 720 px high; below 0 less far."""

    feather: float = within(0.0, 0.0, 20.0, "px")
    """How soft the edge is made, in px of a picture 720 px high; 0 leaves it as it is."""


@dataclass(frozen=True, kw_only=True)
class LookSettings(Group):
    """How the person is shown, and what is shown while there is none."""

    framing: bool = False
    """Keep head and shoulders in view, as somebody behind the camera would."""

    framing_zoom: float = within(1.8, 1.0, 4.0)
    """How near framing goes, at most; 1 is the whole picture."""

    away: Literal["keep", "background", "notice"] = "keep"
    """What is shown when nobody is there for a while: the picture as it is, the background alone, or a notice."""

    away_after_s: float = within(5.0, 0.5, 3600.0, "s")
    """Seconds without anybody until then."""

    shutter: Literal["notice", "background"] = "notice"
    """What is shown while the shutter is closed: a notice, or the background alone where it is not the room."""

    person_size: float = within(1.0, 0.1, 1.0)
    """The person small over the background, as over a screen, in parts of the picture's width; 1 is full size."""

    person_corner: Literal["bottom-right", "bottom-left", "bottom", "top-right", "top-left"] = "bottom-right"
    """Where a small person stands."""


@dataclass(frozen=True, kw_only=True)
class SceneSettings(Group):
    """What stands behind the person."""

    background: str = "blur"
    """none, blur[:STRENGTH 0..1], lens[:STRENGTH] (blurred as by an open lens), transparent, #RRGGBB, screen[:N], or a
    picture, video or GIF file."""

    fit: Literal["cover", "contain", "stretch"] = "cover"
    """How a background file meets the picture's size: cover crops it, contain leaves bars, stretch bends it."""

    edge_colours: Literal["auto", "camera", "clean"] = "auto"
    """Colours of half-covered pixels: the camera's, or clean of the old room, so that no rim of it shows. auto follows
    the setting quality."""

    light_wrap: float = within(0.0, 0.0, 1.0)
    """How much of the light of a picture or video falls round the person's edge; 0 is off."""

    match_background: float = within(0.0, 0.0, 1.0)
    """How far the person takes on lightness and colour temperature of a picture or video; 0 is off."""

    spill: float = within(0.0, 0.0, 1.0)
    """How much of a strongly coloured wall's reflection is taken off the person's edge; 0 is off."""

    low_light: float = within(0.0, 0.0, 1.0)
    """How far a person in a dark room is lifted; 0 is off."""

    linear_light: bool = False
    """Mix person and background as light, as a lens does: hair before a bright background comes out lighter."""


@dataclass(frozen=True, kw_only=True)
class ControlSettings(Group):
    """The control page and the overlay."""

    page: bool = True
    """Serve the control page, the overlay for OBS and what greenless ctl asks."""

    port: int = within(8470, 0, 65535)
    """Port of the page; where it is taken, one of the next nine; 0 takes any."""

    host: str = "127.0.0.1"
    """Address to serve at. Any but 127.0.0.1 lets other machines in that know the token; nothing is encrypted."""

    also_at: tuple[str, ...] = ()
    """Further names by which your browser reaches the page: studio.local, or localhost:9000 for ssh -L 9000:...
    Those on the command line are added to those of the settings file."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.also_at:
            if not re.fullmatch(r"([a-zA-Z0-9._-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?", name):
                what = f"expected also_at as NAME or NAME:PORT, got {name!r}"
                raise SettingsError(what, cure="For example: studio.local or localhost:9000", key="also_at")
        if not self.host.strip():  # a socket takes no name for every address there is
            raise SettingsError(
                f"expected an address as host, got {self.host!r}",
                cure="127.0.0.1 is this machine alone, 0.0.0.0 every network it is in",
                key="host",
            )


@dataclass(frozen=True, kw_only=True)
class Settings(Group):
    """Where the pictures come from, and where they go."""

    source: str = "camera"
    """camera, screen[:N], sample, sample:rendered, sample:portrait, a video, a picture, a folder or a stream URL."""

    quality: Quality = "balanced"
    """How much work goes into edges: every setting left at auto follows it."""

    camera: CameraSettings = CameraSettings()
    matting: MattingSettings = MattingSettings()
    finish: FinishSettings = FinishSettings()
    look: LookSettings = LookSettings()
    scene: SceneSettings = SceneSettings()
    control: ControlSettings = ControlSettings()

    sink: tuple[str, ...] = ()
    """virtual-camera[:DEVICE], preview, overlay, ndi[:NAME], null, a video file or a folder for PNGs; several at once.
    Empty: virtual camera, and a preview where there is a display."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if twice := next((name for name in self.sink if self.sink.count(name) > 1), None):
            raise SettingsError(f"expected every sink once, got {twice} twice", cure="Name it once", key="sink")
