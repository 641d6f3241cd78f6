"""The messages between a client with frames and a server with the network. Both sides use this module.

    client: GET /mattes with ``Authorization: Bearer TOKEN`` and the subprotocol below
    server: ``Welcome`` as JSON, as text
    client: header, image (JPEG, or PNG without loss), at the size of the network
    server: header, matte (8 bits, without loss), or the text of an error

Several frames may be under way. The number in the header says which frame an answer belongs to.
"""

import io
import json
import struct
import zlib
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from models.network_size import GRID_PX
from realtime.frame import Alpha, Pixels

SUBPROTOCOL = "greenless.mattes.1"
PATH = "/mattes"

Size = tuple[int, int]
"""``(width, height)`` in px."""

Coding = Literal["jpeg", "lossless"]
"""How frames travel."""

USUAL_PX = 640 * 1024
"""Pixels of the largest frame, unless both sides ask for more. 512x288 has a fifth of them."""

JPEG_QUALITY = 70
"""3.5 Mbit/s at 512x288 and 30 fps. The matte differs by 0.4 of 255 on average; 90 gives 0.34 for 6.8 Mbit/s."""

_REQUEST = struct.Struct("!IHH")
_ANSWER = struct.Struct("!IBHH")
LARGEST_REFERENCE_PX = 2048
_BYTES_PER_PIXEL = 4
"""A PNG of noise takes three bytes a pixel, and a little more."""


class Kind(IntEnum):
    """What an answer holds."""

    MATTE = 0
    """The matte, ``(height, width) uint8``: differences to the row above, compressed."""

    FAILED = 1
    """The text of an error of the server; the next frame may succeed."""

    INVALID = 2
    """The text of an error of the client; the server closes the connection."""


class WireError(ValueError):
    """A message breaks the protocol; the text says how."""


@dataclass(frozen=True, kw_only=True)
class Welcome:
    """What the server says first."""

    network: str
    """Network, runtime and device, for people."""

    reference_px: int
    """The size at which the server's network sees a frame, see ``resize.network_size``."""

    largest_px: int
    """Pixels of the largest frame that the server accepts."""

    def text(self) -> str:
        """Return the message."""
        return json.dumps(asdict(self))


def welcome_of(message: str | bytes) -> Welcome:
    """Read the first message of a server.

    Raises:
        WireError: it is no welcome.
    """
    try:
        values = json.loads(message)
        welcome = Welcome(
            network=str(values["network"])[:200],
            reference_px=int(values["reference_px"]),
            largest_px=int(values["largest_px"]),
        )
        if not GRID_PX <= welcome.reference_px <= LARGEST_REFERENCE_PX:
            raise ValueError(f"a reference size of {welcome.reference_px} px")
        return welcome
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise WireError(f"expected the welcome of a greenless server, got {message[:40]!r}") from error


def request(number: int, pixels: Pixels, coding: Coding) -> bytes:
    """Make the message for a frame.

    Args:
        number: of the frame; it comes back with the answer, modulo 2**32.
        pixels: ``(h, w, 3) uint8 BGR`` at the size of the network.
        coding: how it travels.
    """
    how = (".jpg", [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if coding == "lossless":
        how = (".png", [cv2.IMWRITE_PNG_COMPRESSION, 1])
    _, data = cv2.imencode(how[0], pixels, how[1])
    return _REQUEST.pack(number & 0xFFFFFFFF, pixels.shape[1], pixels.shape[0]) + data.tobytes()


def largest_request(largest_px: int) -> int:
    """Return the bytes of the longest valid message for a frame of that many pixels."""
    return largest_px * _BYTES_PER_PIXEL + 4096


def head_of(message: bytes) -> tuple[int, Size]:
    """Return the number of a request, and the size of its frame. Reads nothing else.

    Raises:
        WireError: it is too short.
    """
    if len(message) <= _REQUEST.size:
        raise WireError(f"expected a header of {_REQUEST.size} bytes and an image, got {len(message)} bytes")
    number, width, height = _REQUEST.unpack_from(message)
    return number, (width, height)


def pixels_of(message: bytes, largest_px: int) -> Pixels:
    """Decode the frame of a request. Checks its size before it decodes.

    Returns:
        ``(h, w, 3) uint8 BGR``.

    Raises:
        WireError: it is too large, of another size than its header says, or no JPEG or PNG.
    """
    from PIL import Image

    _, size = head_of(message)
    if 0 in size or size[0] % GRID_PX or size[1] % GRID_PX or size[0] * size[1] > largest_px:
        raise WireError(
            f"expected multiples of {GRID_PX} px and at most {largest_px} pixels, got a frame of {size[0]}x{size[1]}"
        )
    data = message[_REQUEST.size :]
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:  # reads the header only
            coded = image.size
    except Exception as error:  # Pillow's errors for a damaged file share no base
        raise WireError("expected a JPEG or a PNG, got something else") from error
    if coded != size:
        raise WireError(f"the header says {size[0]}x{size[1]}, the image is {coded[0]}x{coded[1]}")
    flags = cv2.IMREAD_COLOR_BGR | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if pixels is None or pixels.shape != (size[1], size[0], 3):
        raise WireError("the image is damaged")
    return np.asarray(pixels, np.uint8)


def answer(number: int, alpha: Alpha) -> bytes:
    """Make the message for a matte, ``(h, w) float32 in [0, 1]``.

    The differences to the row above compress best by run lengths: 9 KB for 512x288, 2.2 Mbit/s at 30 fps. Plain
    ``zlib`` needs 12.7 KB, PNG 12.1 KB, each in 0.4 ms or more.
    """
    rounded = np.asarray(cv2.convertScaleAbs(alpha, alpha=255), np.uint8)
    rounded[1:] -= rounded[:-1].copy()  # modulo 256
    compressor = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
    height, width = alpha.shape
    return _ANSWER.pack(number, Kind.MATTE, width, height) + compressor.compress(rounded.data) + compressor.flush()


def failure(number: int, text: str, *, invalid: bool = False) -> bytes:
    """Make the message for a frame without a matte.

    Args:
        number: of the frame.
        text: why, for people.
        invalid: whether the request broke the protocol.
    """
    return _ANSWER.pack(number, Kind.INVALID if invalid else Kind.FAILED, 0, 0) + text.encode()[:1000]


def answer_head(message: bytes) -> tuple[int, Kind, Size]:
    """Return the number of the frame that an answer belongs to, what it holds, and the size of its matte.

    Raises:
        WireError: it is no answer.
    """
    try:
        number, kind, width, height = _ANSWER.unpack_from(message)
        return number, Kind(kind), (width, height)
    except (struct.error, ValueError) as error:
        raise WireError(f"expected an answer, got {len(message)} bytes") from error


def answer_of(message: bytes, size: Size | None = None) -> tuple[int, Alpha | str]:
    """Read an answer: the number of the frame, and its matte or the error.

    Args:
        message: the answer.
        size: of the frame. Another one is an error before anything is unpacked, because a small message may unpack to
            gigabytes.

    Returns:
        The matte as ``(h, w) float32 in [0, 1]``.

    Raises:
        WireError: it is damaged.
    """
    number, kind, (width, height) = answer_head(message)
    data = memoryview(message)[_ANSWER.size :]
    if kind is not Kind.MATTE:
        return number, bytes(data).decode(errors="replace")
    if size is not None and size != (width, height):
        raise WireError(f"expected a matte of {size[0]}x{size[1]}, got {width}x{height}")
    opened = zlib.decompressobj()
    try:
        raw = opened.decompress(data, width * height + 1)
    except zlib.error as error:
        raise WireError(f"a matte is damaged: {error}") from error
    if len(raw) != width * height or not raw:
        raise WireError(f"expected a matte of {width}x{height}, got {len(raw)} bytes")
    rows: npt.NDArray[np.uint8] = np.frombuffer(raw, np.uint8).reshape(height, width)
    return number, np.cumsum(rows, axis=0, dtype=np.uint8) * np.float32(1 / 255)
