"""The table of known weights: the bundled networks, and the published MODNet networks in their file formats.

The digests come from public manifests. A file that differs in one byte is refused.
"""

import difflib
from dataclasses import dataclass

from models.errors import WeightsError

_OPEN_MODEL_ZOO = "https://storage.openvinotoolkit.org/repositories/open_model_zoo/public/2022.2"
_XENOVA = "https://huggingface.co/Xenova/modnet/resolve/fa2fa546052fba4c08921230a26cc69a333fca12/onnx"


@dataclass(frozen=True, kw_only=True)
class Known:
    """Weights that greenless knows by name."""

    name: str
    """What the user types."""

    file: str
    """Name of the file, in the bundle or in the cache."""

    url: str = ""
    """Address of the download; empty if the file is bundled."""

    sha256: str = ""
    """Pinned digest in hexadecimal; empty for bundled files, whose digests are in ``SHA256SUMS``."""

    bytes: int = 0
    """Size of the download, for display only; that of a bundled file is the size of the file."""

    licence: str = "Apache-2.0"
    """SPDX identifier."""

    reference_size_px: int = 512
    """The reference size for which the network was trained."""

    summary: str
    """One line that says what the network is for."""

    @property
    def on_board(self) -> bool:
        """Whether it is bundled with greenless and never downloaded."""
        return not self.url


KNOWN = (
    Known(
        name="greenless-lite",
        file="greenless-lite.onnx",
        reference_size_px=288,
        summary="small, for machines without a GPU",
    ),
    Known(
        name="greenless-lite-int8",
        file="greenless-lite-int8.onnx",
        reference_size_px=288,
        summary="the same with 8-bit integers; chosen automatically if it is faster",
    ),
    Known(
        name="modnet-photographic",
        file="modnet-photographic.onnx",
        url=f"{_XENOVA}/model.onnx",
        sha256="07c308cf0fc7e6e8b2065a12ed7fc07e1de8febb7dc7839d7b7f15dd66584df9",
        bytes=25_888_640,
        summary="MODNet for photographs",
    ),
    Known(
        name="modnet-photographic-fp16",
        file="modnet-photographic-fp16.onnx",
        url=f"{_XENOVA}/model_fp16.onnx",
        sha256="25f165da9bfd30830a575f1f0490f1acd995975cb349bc02f3d79332e1fe5cf6",
        bytes=12_984_781,
        summary="the same in half precision",
    ),
    Known(
        name="modnet-photographic-ckpt",
        file="modnet-photographic.ckpt",
        url=f"{_OPEN_MODEL_ZOO}/modnet-photographic-portrait-matting/modnet_photographic_portrait_matting.ckpt",
        sha256="7c22235f0925deba15d4d63e53afcb654c47055bbcd98f56e393ab2584007ed8",
        bytes=26_255_603,
        summary="the same as a PyTorch checkpoint, to train on or to export",
    ),
    Known(
        name="modnet-webcam",
        file="modnet-webcam.onnx",
        # The release has no fixed tag, so the pinned digest identifies the file.
        url="https://github.com/clibdev/MODNet/releases/latest/download/modnet-webcam.onnx",
        sha256="52ace7b5c455f527542b496151996bed429b67ca8efc8bd793485a631363c688",
        bytes=25_900_000,
        summary="MODNet for webcams",
    ),
    Known(
        name="modnet-webcam-ckpt",
        file="modnet-webcam.ckpt",
        url=f"{_OPEN_MODEL_ZOO}/modnet-webcam-portrait-matting/modnet_webcam_portrait_matting.ckpt",
        sha256="913b82b66558db39b6286c150f809017d7528c872b156eb14333c9c6cb52108b",
        bytes=26_255_603,
        summary="the same as a PyTorch checkpoint, to train on or to export",
    ),
)
"""All known networks, the bundled ones first."""


def known(name: str) -> Known:
    """Return the row with this name.

    Raises:
        WeightsError: there is none; the message suggests a similar name.
    """
    rows = {row.name: row for row in KNOWN}
    if name not in rows:
        close = difflib.get_close_matches(name, rows, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise WeightsError(f"no weights are called {name!r}", cure=f"{hint}Known are {', '.join(rows)}")
    return rows[name]
