"""Portrait matting for Python: cut people out of images and frames, and put them before another background.

    import greenless

    greenless.remove("portrait.jpg", "cutout.png")      # one line, with the network on board

    with greenless.Matting() as matting:
        alpha = matting.alpha(image)                     # (H, W) float32 in [0, 1]
        cutout = matting.cutout(image)                   # RGBA, straight alpha
        result = matting.composite(image, "blur")        # same kind, size and channels as the image
        for alpha in matting.stream(frames): ...         # frames of one clip, in order

``docs/python.md`` documents all of it. Importing this package is fast: the network and its runtime are imported when
the first ``Matting`` opens.
"""

from typing import TYPE_CHECKING, Any

from models.errors import GreenlessError
from realtime import __version__

if TYPE_CHECKING:
    from realtime.offline.matting import Matting, remove

__all__ = ["GreenlessError", "Matting", "__version__", "remove"]


def __getattr__(name: str) -> Any:
    """Import ``Matting`` and ``remove`` at their first use."""
    if name not in __all__:
        raise AttributeError(f"module 'greenless' has no attribute {name!r}")
    from realtime.offline import matting

    return getattr(matting, name)


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted(__all__)
