"""Checks the machine: weights, providers, runtime, cameras, display."""

import os
import shutil
from contextlib import closing
from pathlib import Path

from realtime.doctor.check import Check, fail, ok, warn
from realtime.errors import GreenlessError
from realtime.settings.schema import MattingSettings


def weights() -> Check:
    """Check that the bundled and fetched weights are intact.

    Raises:
        realtime.errors.WeightsError: a file is not.
    """
    from models import weights as known

    rows = [row for row in known.KNOWN if row.on_board or os.path.isfile(known.place(row))]
    for row in rows:
        known.verify(row.name)
    return ok(", ".join(row.name for row in rows))


def providers() -> Check:
    """Try each provider, except TensorRT, which needs minutes to build an engine."""
    from realtime.matting import open_matter
    from realtime.matting.runtimes.providers import LABELS, available

    works, missing = [], []
    for name in (name for name in available() if name != "tensorrt"):
        try:
            open_matter(MattingSettings(provider=name, runtime="onnx", precision="float32", threads=1)).close()
            works.append(LABELS[name])
        except GreenlessError as error:
            missing.append(error)
    if not works:
        return fail(missing[0].what, missing[0].cure)
    detail = f"the network runs on {', '.join(works)}"
    if missing and shutil.which("nvidia-smi"):
        return warn(f"{detail}; {missing[0].what}", missing[0].cure)
    return ok(detail)


def runtime() -> Check:
    """Measure the fastest runtime again, because the machine may have been busy at the first start."""
    import numpy as np

    from models import weights
    from realtime.frame import Frame
    from realtime.matting import open_matter
    from realtime.matting.choice.runtime_choice import forget, recall

    forget()
    settings = MattingSettings()
    with closing(open_matter(settings)) as matter:
        frame = Frame(pixels=np.zeros((720, 1280, 3), np.uint8), index=0, captured_s=0.0)
        choice = recall(weights.find(settings.weights), settings, frame)
        return ok(f"{matter.name}{choice.cost() if choice else ''}")


def display() -> Check:
    """Check that a preview window can be opened.

    Raises:
        realtime.errors.SinkError: it cannot.
    """
    from realtime.sinks.display import require_display

    require_display()
    return ok("a preview window can be opened")


def cameras() -> Check:
    """Check that there is a camera with permission to open it. It is not opened, because its light would turn on."""
    from realtime.capture.cameras import cameras_without
    from realtime.sinks import virtual_camera

    closed = [str(path) for path in Path("/dev").glob("video[0-9]*") if not os.access(path, os.R_OK | os.W_OK)]
    if closed:
        return warn(f"no permission to open {', '.join(closed)}", virtual_camera.JOIN_VIDEO)
    if not (found := cameras_without(virtual_camera.listed())):
        return warn("none", "Plug one in, or try greenless without one: greenless demo")
    return ok(", ".join(map(str, found)))
