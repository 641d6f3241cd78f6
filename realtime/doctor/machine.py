"""Checks the machine: weights, providers, runtime, cameras, display."""

import os
import shutil
from contextlib import closing
from pathlib import Path

from realtime.doctor.check import Check
from realtime.errors import GreenlessError, SinkError, WeightsError
from realtime.settings.schema import MattingSettings


def weights() -> Check:
    """Check that the bundled and fetched weights are intact."""
    from models import weights as known

    rows = [row for row in known.KNOWN if row.on_board or os.path.isfile(known.place(row))]
    for row in rows:
        try:
            known.verify(row.name)
        except WeightsError as error:
            return Check(name="weights", status="fail", detail=error.what, cure=error.cure)
    return Check(name="weights", status="ok", detail=", ".join(row.name for row in rows))


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
    detail = f"the network runs on {', '.join(works)}" if works else "the network runs on no provider"
    if not works:
        return Check(name="providers", status="fail", detail=missing[0].what, cure=missing[0].cure)
    if missing and shutil.which("nvidia-smi"):
        return Check(name="providers", status="warn", detail=f"{detail}; {missing[0].what}", cure=missing[0].cure)
    return Check(name="providers", status="ok", detail=detail)


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
        return Check(name="runtime", status="ok", detail=f"{matter.name}{choice.cost() if choice else ''}")


def display() -> Check:
    """Check that a preview window can be opened."""
    from realtime.sinks.display import require_display

    try:
        require_display()
    except SinkError as error:
        return Check(name="display", status="warn", detail=error.what, cure=error.cure)
    return Check(name="display", status="ok", detail="a preview window can be opened")


def cameras() -> Check:
    """Check that there is a camera with permission to open it. It is not opened, because its light would turn on."""
    from realtime.capture.cameras import cameras_without
    from realtime.sinks import virtual_camera

    closed = [str(path) for path in Path("/dev").glob("video[0-9]*") if not os.access(path, os.R_OK | os.W_OK)]
    if closed:
        cure = "sudo usermod -aG video $USER, then log out and in again"
        detail = f"no permission to open {', '.join(closed)}"
        return Check(name="cameras", status="warn", detail=detail, cure=cure)
    if not (found := cameras_without(virtual_camera.listed())):
        cure = "Plug one in, or try greenless without one: greenless demo"
        return Check(name="cameras", status="warn", detail="none", cure=cure)
    return Check(name="cameras", status="ok", detail=", ".join(map(str, found)))
