"""Whole files of every kind that greenless reads, small and of many forms, for ``fuzz_reader`` to damage."""

import io
import struct
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, features

WIDTH_PX, HEIGHT_PX = 48, 32

IMAGES = ("png", "jpg", "webp", "gif", "tiff", "bmp", "avif", "heic", "psd", "jp2")
ANIMATED = ("webp", "avif", "png")
CLIPS = ("mp4", "mov", "mkv", "webm", "gif")


def picture(mode: str = "RGB", number: int = 0) -> Image.Image:
    """A smooth picture with a little noise, so that every coder has something to do."""
    down, across = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX]
    levels = [(5 * across + 40 * number) % 256, (7 * down) % 256, (3 * across + 2 * down) % 256, 8 * down]
    noise = np.random.default_rng(number).integers(0, 9, (HEIGHT_PX, WIDTH_PX, 4))
    whole = np.clip(np.stack(levels, axis=2) + noise, 0, 255).astype(np.uint8)
    if mode.startswith("I;16"):
        return Image.fromarray(whole[..., 0].astype(np.uint16) * 257)
    if mode == "F":
        return Image.fromarray(whole[..., 0].astype(np.float32) / 255)
    return Image.fromarray(whole, "RGBA").convert(mode)


def saved(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    """A picture as a file."""
    data = io.BytesIO()
    picture(mode).save(data, kind, **options)
    return data.getvalue()


def moving(kind: str, mode: str = "RGBA") -> bytes:
    """Three pictures as an animation."""
    return saved(kind, mode, save_all=True, append_images=[picture(mode, 1), picture(mode, 2)], duration=80, loop=0)


def exif() -> bytes:
    """A date, a copyright and an orientation."""
    found = Image.Exif()
    found[0x0112], found[0x0132], found[0x8298] = 6, "2024:05:06 07:08:09", "Ann"
    return found.tobytes()


def psd(*, packed: bool, bits: int = 8) -> bytes:
    """A Photoshop file without layers: header, no colour table, no resources, no layers, the flattened image."""
    pixels = np.asarray(picture())
    planes = [np.ascontiguousarray(pixels[..., channel]) for channel in range(3)]
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, HEIGHT_PX, WIDTH_PX, bits, 3)
    # Resource 1057 says that the flattened image is there.
    resource = b"8BIM" + struct.pack(">HHI", 1057, 0, 5) + struct.pack(">IB", 1, 1) + b"\0"
    head += struct.pack(">I", 0) + struct.pack(">I", len(resource)) + resource + struct.pack(">I", 0)
    planes = [plane.astype(">u2") * 257 for plane in planes] if bits == 16 else planes
    if not packed:
        return head + struct.pack(">H", 0) + b"".join(plane.tobytes() for plane in planes)
    row_bytes = WIDTH_PX * bits // 8
    rows = [bytes([row_bytes - 1]) + row.tobytes() for plane in planes for row in plane]  # PackBits, literal
    return head + struct.pack(">H", 1) + struct.pack(f">{len(rows)}H", *map(len, rows)) + b"".join(rows)


def heic() -> bytes:
    """An HEIC with a thumbnail; empty if pillow-heif is not installed."""
    try:
        import pillow_heif
    except ImportError:
        return b""
    data = io.BytesIO()
    pillow_heif.from_pillow(picture()).save(data, quality=80, exif=exif())
    return data.getvalue()


def clip(container: str, codec: str, pixel_format: str, *, sound: str = "", rotation: int = 0, **options: str) -> bytes:
    """Eight frames, with a tone if ``sound`` names its codec."""
    data = io.BytesIO()
    with av.open(data, "w", format=container) as out:
        track: Any = out.add_stream(codec, 10, width=WIDTH_PX, height=HEIGHT_PX, pix_fmt=pixel_format)
        track.options = options
        if rotation:
            track.set_display_rotation(rotation)
        tone: Any = out.add_stream(sound, 48_000, layout="mono") if sound else None
        for index in range(8):
            rgba = np.asarray(picture("RGBA", index))
            frame = av.VideoFrame.from_ndarray(rgba, "rgba").reformat(format=pixel_format)
            frame.pts, frame.time_base = index, Fraction(1, 10)
            out.mux(track.encode(frame))
            if tone is not None:
                noise = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), "fltp", "mono")
                noise.sample_rate, noise.pts, noise.time_base = 48_000, 4800 * index, Fraction(1, 48_000)
                out.mux(tone.encode(noise))
        for each in filter(None, (track, tone)):
            out.mux(each.encode())
    return data.getvalue()


def jpeg2000(**options: Any) -> list[Callable[[], bytes]]:
    """Nothing if this Pillow has no OpenJPEG."""
    return [partial(saved, "JPEG2000", **options)] if features.check("jpg_2000") else []


SEEDS: dict[str, list[Callable[[], bytes]]] = {
    "png": [
        *(partial(saved, "PNG", mode) for mode in ("RGB", "RGBA", "P", "L", "LA", "1", "I;16")),
        partial(saved, "PNG", exif=exif()),
        partial(moving, "PNG"),
    ],
    "jpg": [
        *(partial(saved, "JPEG", mode) for mode in ("RGB", "L", "CMYK")),
        partial(saved, "JPEG", progressive=True, exif=exif()),
    ],
    "webp": [partial(saved, "WEBP"), partial(saved, "WEBP", "RGBA", lossless=True), partial(moving, "WEBP")],
    "gif": [partial(saved, "GIF", "P"), partial(moving, "GIF")],
    "tiff": [
        *(partial(saved, "TIFF", mode) for mode in ("RGB", "RGBA", "CMYK", "I;16", "F", "1")),
        *(partial(saved, "TIFF", compression=name) for name in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")),
        partial(moving, "TIFF", "RGB"),
    ],
    "bmp": [partial(saved, "BMP", mode) for mode in ("RGB", "L", "P", "1")],
    "avif": [partial(saved, "AVIF", quality=60), partial(saved, "AVIF", "RGBA", quality=60), partial(moving, "AVIF")],
    "heic": [heic],
    "psd": [
        partial(psd, packed=False),
        partial(psd, packed=True),
        partial(psd, packed=False, bits=16),
        partial(psd, packed=True, bits=16),
    ],
    "jp2": [*jpeg2000(), *jpeg2000(irreversible=True)],
    "mp4": [
        partial(clip, "mp4", "libx264", "yuv420p", sound="aac"),
        partial(clip, "mp4", "mpeg4", "yuv420p", rotation=90),
        partial(clip, "mp4", "libx264", "yuv420p", movflags="frag_keyframe+empty_moov"),
    ],
    "mov": [
        partial(clip, "mov", "qtrle", "argb"),
        partial(clip, "mov", "png", "rgba"),
        partial(clip, "mov", "prores_ks", "yuva444p10le", profile="4444"),
    ],
    "mkv": [
        partial(clip, "matroska", "libx264", "yuv420p", sound="flac" if "flac" in av.codecs_available else ""),
        partial(clip, "matroska", "ffv1", "yuv420p"),
        partial(clip, "matroska", "mjpeg", "yuvj420p"),
    ],
    "webm": [
        partial(clip, "webm", "libvpx-vp9", "yuv420p", sound="libopus", deadline="realtime"),
        partial(clip, "webm", "libvpx-vp9", "yuva420p", deadline="realtime"),
        partial(clip, "webm", "libvpx", "yuva420p", deadline="realtime", **{"auto-alt-ref": "0"}),
    ],
}


def seeds(folder: Path, kinds: tuple[str, ...]) -> None:
    """Write the files of these kinds as ``00.png``, ``01.png`` and so on."""
    for kind in kinds:
        for number, made in enumerate(SEEDS[kind]):
            if data := made():
                (folder / f"{number:02}.{kind}").write_bytes(data)
