"""A process that damages files and reads them, for ``test_fuzz``.

    python -m tests.fuzz_reader images FOLDER FIRST COUNT

Reads ``COUNT`` files, made from the seeds in FOLDER. Number and kind decide the damage, so that a run can be repeated
from ``FIRST`` on. ``FOLDER/progress.txt`` names the file in work, whose bytes are in ``FOLDER/mutated.KIND``. A file
that takes too long ends the process with a traceback. The last line of standard output is the report as JSON.
"""

import asyncio
import faulthandler
import json
import random
import resource
import sys
import time
import traceback
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from realtime.capture.file import open_video
from realtime.commands.common import Common, logged
from realtime.errors import GreenlessError
from realtime.frame import Frame, Matte
from realtime.media.image_file import read_picture
from realtime.offline.clip import Clip
from realtime.scene.background import open_background
from realtime.web.uploads import receive
from tests.fuzz_seeds import ANIMATED, CLIPS, IMAGES
from tests.memory import peak_kb

HANGS_S = 10.0
LARGEST_MB = 1500
GUARD_BYTES = 8 << 30
"""Address space that the process may take, so that a fault does not take the whole machine."""

LONGEST_LINE = 600

MATTE = Matte(
    alpha=np.zeros((32, 48), np.float32),
    frame=Frame(pixels=np.zeros((32, 48, 3), np.uint8), index=0, captured_s=0.0),
)

_NUMBERS = (b"\0", b"\xff", b"\x7f", b"\x80", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\1\0\0")


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return damaged data: changed, cut off, repeated, moved or filled in one to four places."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        # Headers are short and decide most, so every other place is among the first bytes.
        reach = min(len(out), 256) if chance.random() < 0.5 else len(out)
        at, length = chance.randrange(reach), chance.choice((1, 2, 4, 16, 64, 512))
        match chance.randrange(7):
            case 0:
                out[at] ^= 1 << chance.randrange(8)
            case 1:
                for _ in range(length):
                    out[chance.randrange(len(out))] = chance.randrange(256)
            case 2:
                del out[max(1, at) :]
            case 3:
                del out[at : min(at + length, at + len(out) - 1)]
            case 4:
                out[at:at] = out[at : at + length]
            case 5:
                number = chance.choice(_NUMBERS)
                out[at : at + len(number)] = number
            case 6:
                there = chance.randrange(len(out))
                out[at : at + length] = out[there : there + length]
    return bytes(out)


def sealed(data: bytes) -> bytes:
    """Return a PNG with right checksums, so that its decoder has to look at what was damaged."""
    out, at = bytearray(data), 8
    while at + 12 <= len(out):
        end = at + 8 + int.from_bytes(out[at : at + 4], "big")
        if end + 4 > len(out):
            break
        out[end : end + 4] = zlib.crc32(out[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(out)


def as_picture(path: Path) -> None:
    """Read it as ``greenless image`` does."""
    pixels, alpha = read_picture(path)
    assert pixels.dtype == np.uint8
    assert pixels.shape[2] == 3
    assert alpha is None or (alpha.shape == pixels.shape[:2] and alpha.min() >= 0 and alpha.max() <= 1)


def as_clip(path: Path) -> None:
    """Read it as ``greenless video`` does."""
    with Clip(path) as clip:
        sizes = {frame.pixels.shape for frame in clip.frames}
    assert sizes == {(clip.height_px, clip.width_px, 3)}


def as_background(path: Path) -> None:
    """Show it for two seconds as a background."""
    background = open_background(str(path), "cover")
    try:
        for second in range(3):
            assert background.plate(MATTE.as_of(float(second))).shape == (32, 48, 3)
    finally:
        background.close()


def as_source(path: Path) -> None:
    """Read some of its frames as ``greenless run --source`` does."""
    with open_video(path, paced=False) as source:
        for frame in islice(source, 30):
            assert frame.pixels.size


def as_upload(path: Path) -> None:
    """Receive it as the control page does."""

    async def chunks() -> AsyncIterator[bytes]:
        yield path.read_bytes()

    async def at_once(check: Callable[[], Path]) -> Path:
        return check()

    asyncio.run(receive(path.parent / "uploads", path.name, chunks(), at_once)).unlink()


READERS: dict[str, tuple[tuple[str, ...], tuple[Callable[[Path], None], ...]]] = {
    "images": (IMAGES, (as_picture, as_picture, as_background, as_upload)),
    "clips": ((*CLIPS, *ANIMATED), (as_clip, as_clip, as_background, as_source, as_upload)),
}
"""Kinds of files, and what reads them, each in its turn. Images may be clips, too, because they may move."""


def read_all(family: str, folder: Path, first: int, count: int) -> dict[str, Any]:
    """Read ``count`` damaged files, and return the report."""
    kinds, readers = READERS[family]
    files = {kind: [path.read_bytes() for path in sorted(folder.glob(f"[0-9][0-9].{kind}"))] for kind in kinds}
    files = {kind: seeds for kind, seeds in files.items() if seeds}
    present = list(files)
    read, refused, faults = Counter[str](), Counter[str](), list[str]()
    slowest, largest = (0.0, ""), (0, "")
    for number in range(first, first + count):
        kind, turn = present[number % len(present)], number // len(present)
        chance = random.Random(f"{kind} {number}")
        path = folder / f"mutated.{kind}"
        data = mutated(chance.choice(files[kind]), chance)
        path.write_bytes(sealed(data) if kind == "png" and chance.random() < 0.7 else data)
        reader = readers[turn % len(readers)]
        name = f"{family} {number}: {kind}, {reader.__name__}"
        (folder / "progress.txt").write_text(name)
        faulthandler.dump_traceback_later(HANGS_S, exit=True)
        start_s = time.perf_counter()
        try:
            reader(path)
            read[kind] += 1
        except GreenlessError as error:
            refused[kind] += 1
            if len(str(error)) > LONGEST_LINE or not str(error).isprintable():
                faults.append(f"{name}: the refusal is no line: {str(error)[:2000]!r}")
        except Exception:
            faults.append(f"{name}: {traceback.format_exc(limit=-4)}")
        faulthandler.cancel_dump_traceback_later()
        slowest = max(slowest, (time.perf_counter() - start_s, name))
        largest = max(largest, (peak_kb() // 1024, name), key=lambda each: each[0])
    return {
        "read": read,
        "refused": refused,
        "faults": faults,
        "slowest_s": round(slowest[0], 2),
        "slowest": slowest[1],
        "peak_mb": largest[0],
        "peak": largest[1],
    }


def main() -> None:
    """Do what the command line says."""
    family, folder, first, count = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (GUARD_BYTES, GUARD_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with logged(Common()):  # on the screen is what a user would see
        print(json.dumps(read_all(family, Path(folder), int(first), int(count))), flush=True)


if __name__ == "__main__":
    main()
