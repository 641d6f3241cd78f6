"""Files that a page sends."""

import io
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 36), **options: Any) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, (10, 200, 30)).save(data, kind, **options)
    return data.getvalue()


def clip(path: Path) -> bytes:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height = 64, 36
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((36, 64, 3), 90, np.uint8), format="bgr24")))
        container.mux(stream.encode())
    return path.read_bytes()


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []
