"""The settings: one tree of frozen dataclasses defines the TOML file, the command line, the page and the help.

Each group below is a table of ``settings.toml``, which ``settings.file`` reads and writes. The docstring of a field is
its help text. ``settings.group`` checks each value.
"""

import re
from dataclasses import dataclass
from typing import Literal

from models.shown import shown
from realtime.errors import SettingsError
from realtime.settings.addresses import is_server
from realtime.settings.group import Group, choose, within

PIXEL_FORMATS = (
    *("MJPG", "YUYV", "YUY2", "UYVY", "NV12", "NV21", "I420", "YU12", "YV12"),
    *("BGR3", "RGB3", "RGBP", "GREY", "JPEG", "H264", ""),
)
"""The FOURCC codes that cameras offer and OpenCV converts to BGR; empty requests no format."""

PROVIDERS = ("auto", "cpu", "cuda", "tensorrt", "coreml", "mps")
"""The execution providers of all runtimes."""

SMALLEST_REFERENCE_PX = 32
"""Networks halve the frame size five times, so a smaller frame would vanish."""

Quality = Literal["fast", "balanced", "best"]
"""The trade-off between speed and quality."""

Degrees = Literal[0, 90, 180, 270]
"""A turn, clockwise."""


@dataclass(frozen=True, kw_only=True)
class CameraSettings(Group):
    """What to request from the camera. The start of a run shows what the camera granted."""

    camera: str = "0"
    """Camera: its number, its path (/dev/video0) or a part of its name."""

    width: int = within(1280, 16, 7680, "px")
    """Requested width, in px."""

    height: int = within(720, 16, 4320, "px")
    """Requested height, in px."""

    fps: float = within(30.0, 1, 240, "fps")
    """Requested frame rate."""

    rotate: Degrees = 0
    """Turn the frames clockwise, in degrees, for a camera on its side or upside down. It applies to every source."""

    flip: bool = False
    """Swap left and right, after rotate, in every output. The key m of the preview mirrors only the preview."""

    pixel_format: str = "MJPG"
    """Requested FOURCC: MJPG, YUYV, NV12. Empty lets the driver choose."""

    transport: Literal["tcp", "udp"] = "tcp"
    """How an rtsp:// camera sends: tcp loses nothing; udp may be faster in a good network."""

    on_demand: bool = False
    """Open the camera (and turn on its light) only while a program reads the virtual camera (Linux), or a browser shows
    the control page or the overlay."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pixel_format.upper() not in PIXEL_FORMATS:
            choose("pixel_format", self.pixel_format, PIXEL_FORMATS)


@dataclass(frozen=True, kw_only=True)
class MattingSettings(Group):
    """The network and its runtime."""

    weights: str = "greenless-lite"
    """A name from greenless weights list, or the path of a .onnx, .ckpt or .safetensors file. chroma[:#RRGGBB] keys a
    green or blue screen without a network."""

    runtime: Literal["auto", "onnx", "openvino", "torch", "remote"] = "auto"
    """onnx (ONNX Runtime), openvino (extra greenless[openvino]), torch (extra greenless[torch]) or remote (the network
    of another machine, see server). auto uses onnx or openvino, whichever is faster on this CPU; the first start
    measures it."""

    server: str = ""
    """wss://HOST:PORT or ws://HOST:PORT of greenless serve, for the runtime remote. Frames leave this machine, reduced
    to the size of the network. Everything after the matte stays here."""

    fallback: Literal["local", "none"] = "local"
    """What replaces a lost server: the network on this machine (local), or a notice (none)."""

    token_file: str = ""
    """File with the token of the server, readable only by you. Empty: server-token beside your settings file."""

    send: Literal["jpeg", "lossless"] = "jpeg"
    """How frames travel to the server: jpeg needs about 4 Mbit/s, lossless about 60."""

    provider: str = "auto"
    """Execution provider: auto, cpu, cuda, tensorrt or coreml (onnx); auto, cpu, cuda or mps (torch). A named provider
    that is unavailable is an error."""

    precision: Literal["auto", "float32", "bfloat16", "int8"] = "auto"
    """Number format of the network. auto uses the fastest one that the weights and this CPU support."""

    reference_size: int = within(0, 0, 2048, "px")
    """Size at which the network sees a frame: the shorter side, in px, at least 32. A larger size is finer and slower.
    Frames narrower than 4:3 or wider than 16:9 get as many pixels as a 16:9 frame. 0 uses the size that the weights
    were trained for."""

    threads: int = within(0, 0, 256)
    """CPU threads of the network. 0 uses the fastest number for this CPU."""

    governor: bool = True
    """Hold the frame rate of a live run: reduce the work while the machine is busy, and restore it afterwards."""

    economy: Literal["auto", "on", "off"] = "auto"
    """Skip the network while nothing moves, and run it only on the part of the frame with a person. auto does so only
    if the frame rate would drop otherwise."""

    def __post_init__(self) -> None:
        super().__post_init__()
        choose("provider", self.provider, PROVIDERS)
        if 0 < self.reference_size < SMALLEST_REFERENCE_PX:
            asked = f"reference_size 0 or from {SMALLEST_REFERENCE_PX} to 2048 px"
            raise SettingsError(f"expected {asked}, got {self.reference_size}", key="reference_size")
        if self.server and not is_server(self.server):
            raise SettingsError(
                f"expected a server as wss://HOST:PORT, got {shown(self.server)}",
                cure="greenless serve prints its address",
                key="server",
            )
        if self.runtime == "remote" and not self.server:
            raise SettingsError(
                "the runtime remote needs the address of a server", cure="Type --server wss://HOST:PORT", key="server"
            )


@dataclass(frozen=True, kw_only=True)
class FinishSettings(Group):
    """How to refine the matte of the network."""

    enlarge: Literal["auto", "bilinear", "guided"] = "auto"
    """How to enlarge the matte to the frame size: bilinear interpolates; guided follows the edges of the frame, which
    keeps hair. quality decides what auto is."""

    temporal: Literal["auto", "off", "smooth", "ofd"] = "auto"
    """How to suppress flicker between frames: smooth averages along the motion without delay; ofd adds one frame of
    delay. quality decides what auto is."""

    islands: bool = True
    """Remove specks around the person and fill small holes inside."""

    black_point: float = within(0.0, 0.0, 0.45)
    """Alpha up to this value becomes 0. It removes a faint haze around the person."""

    white_point: float = within(1.0, 0.55, 1.0)
    """Alpha from this value on becomes 1. It makes a partly transparent person opaque."""

    grow: float = within(0.0, -20.0, 20.0, "px")
    """How far to grow the matte, in px of a frame 720 px high. A negative value shrinks it."""

    feather: float = within(0.0, 0.0, 20.0, "px")
    """How far to soften the edge, in px of a frame 720 px high. 0 keeps the edge of the matte."""


@dataclass(frozen=True, kw_only=True)
class LookSettings(Group):
    """How the person appears, and what greenless shows while nobody is there."""

    framing: bool = False
    """Pan and zoom to keep head and shoulders in view."""

    framing_zoom: float = within(1.8, 1.0, 4.0)
    """Largest zoom of framing; 1 is the whole frame."""

    away: Literal["keep", "background", "notice"] = "keep"
    """What to show while nobody is there: keep the composite as it is, the background alone, or a notice."""

    away_after_s: float = within(5.0, 0.5, 3600.0, "s")
    """Delay before away takes effect, in seconds without a person."""

    shutter: Literal["notice", "background"] = "notice"
    """What to show while the shutter is closed: a notice, or the background alone. If the background shows the room
    (none, blur, lens), the notice appears instead."""

    person_size: float = within(1.0, 0.1, 1.0)
    """Size of the person over the background, as a fraction of the frame width; 1 is full size."""

    person_corner: Literal["bottom-right", "bottom-left", "bottom", "top-right", "top-left"] = "bottom-right"
    """Where a person smaller than full size stands."""


@dataclass(frozen=True, kw_only=True)
class SceneSettings(Group):
    """What appears behind the person."""

    background: str = "blur"
    """none, blur[:STRENGTH] with a strength from 0 to 1, lens[:STRENGTH] (the blur of an open lens), transparent,
    #RRGGBB, screen[:N], or an image, video or GIF file."""

    overlay: str = ""
    """FILE[:X,Y[,SCALE]]: an image in front of everything, for example a logo, logo.png:1.0,0.0,0.5. X and Y are shares
    of the free room with a decimal point (0.0 left or top, 1.0 right or bottom), or whole px from the left or top, from
    the right or bottom if negative. SCALE multiplies its size. Cut-outs and the OBS overlay leave it out."""

    fit: Literal["cover", "contain", "stretch"] = "cover"
    """How to fit a background file to the frame: cover crops it, contain adds bars, stretch distorts it."""

    edge_colours: Literal["auto", "camera", "clean"] = "auto"
    """Colours of half-transparent pixels: camera keeps them; clean removes the colour of the room, which would show as
    a rim. quality decides what auto is."""

    light_wrap: float = within(0.0, 0.0, 1.0)
    """How much light of an image or video background spills over the edge of the person; 0 is off."""

    match_background: float = within(0.0, 0.0, 1.0)
    """How far to match the lightness and colour temperature of the person to an image or video background; 0 is off."""

    spill: float = within(0.0, 0.0, 1.0)
    """How much reflection of a strongly coloured wall to remove from the edge of the person; 0 is off."""

    low_light: float = within(0.0, 0.0, 1.0)
    """How far to brighten a person in a dark room; 0 is off."""

    linear_light: bool = False
    """Blend in linear light, as a lens does: hair in front of a bright background becomes lighter."""


@dataclass(frozen=True, kw_only=True)
class ControlSettings(Group):
    """The control page, the overlay and the API."""

    page: bool = True
    """Serve the control page, the overlay for OBS and the API that greenless ctl uses."""

    port: int = within(8470, 0, 65535)
    """Port of the page. If it is in use, greenless tries the next nine. 0 uses any free port."""

    host: str = "127.0.0.1"
    """Address to listen on. With any address but 127.0.0.1, other machines that know the token have access; nothing is
    encrypted."""

    also_at: tuple[str, ...] = ()
    """Further names by which your browser reaches the page: studio.local, or localhost:9000 for ssh -L 9000:...
    Names on the command line add to those in the settings file."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.also_at:
            if not re.fullmatch(r"([a-zA-Z0-9._-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?", name):
                what = f"expected also_at as NAME or NAME:PORT, got {name!r}"
                raise SettingsError(what, cure="For example: studio.local or localhost:9000", key="also_at")
        if not self.host.strip():  # a socket would listen on every address
            raise SettingsError(
                f"expected an address as host, got {self.host!r}",
                cure="Use 127.0.0.1 for this machine only, or 0.0.0.0 for all its networks",
                key="host",
            )


@dataclass(frozen=True, kw_only=True)
class Settings(Group):
    """Where the frames come from, and where the composites go."""

    source: str = "camera"
    """camera, pipewire[:NODE], screen[:N], sample, sample:rendered, sample:portrait, a video, an image, a folder of
    images or a stream URL."""

    quality: Quality = "balanced"
    """Trade-off between speed and quality. It decides enlarge, temporal and edge_colours if they are auto."""

    camera: CameraSettings = CameraSettings()
    matting: MattingSettings = MattingSettings()
    finish: FinishSettings = FinishSettings()
    look: LookSettings = LookSettings()
    scene: SceneSettings = SceneSettings()
    control: ControlSettings = ControlSettings()

    sink: tuple[str, ...] = ()
    """virtual-camera[:DEVICE], pipewire[:NAME], preview, overlay, ndi[:NAME], null, a server (rtmp://, rtmps://,
    srt://, rtsp:// or whip:https://), a video file or a folder for PNGs; several at once. On Linux, virtual-camera
    means v4l2loopback, PipeWire or both, as the machine has them. Without a sink, greenless uses the virtual camera,
    and a preview if there is a display."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if twice := next((name for name in self.sink if self.sink.count(name) > 1), None):
            raise SettingsError(f"expected every sink once, got {twice} twice", cure="Name it only once", key="sink")
