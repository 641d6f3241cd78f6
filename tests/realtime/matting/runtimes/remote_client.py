"""A client of a matting server, and the frame that a matte came from."""

from pathlib import Path
from typing import Any

import numpy as np

from realtime.frame import CoarseMatte
from realtime.matting.matter import Matter
from realtime.matting.runtimes.remote_matter import RemoteMatter, open_remote
from realtime.settings.schema import MattingSettings
from tests.realtime.scale.matting_server import HEIGHT_PX, TOKEN, WIDTH_PX, frame, token_file
from tests.realtime.stand_ins import Half


def opened(port: int, folder: Path, *, local: Matter | None = None, live: bool = True, **more: Any) -> RemoteMatter:
    settings = MattingSettings(
        runtime="remote",
        server=f"{more.pop('scheme', 'ws')}://127.0.0.1:{port}",
        token_file=str(token_file(folder, more.pop("token", TOKEN))),
        fallback="none" if local is None else "local",
        send="lossless",
        **more,
    )
    return open_remote(settings, width_px=WIDTH_PX, height_px=HEIGHT_PX, local=lambda: local or Half(), live=live)


def grey(matte: CoarseMatte) -> int:
    assert matte.alpha.shape == (HEIGHT_PX, WIDTH_PX)
    assert np.ptp(matte.alpha) == 0
    return round(float(matte.alpha[0, 0]) * 255)


def of(matter: Matter, number: int) -> list[CoarseMatte]:
    return matter.matte_batch([frame(number)])
