"""The doctor checks this machine; each check gives a finding and, if something is wrong, the cure.

A check is a function without arguments. It opens devices as a run does, and changes only what a run repairs too.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from realtime.doctor import install, loopback, machine, pipewire, streams
from realtime.doctor.check import REINSTALL, Check, fail, warn
from realtime.errors import GreenlessError, SinkError

__all__ = ["CHECKS", "Check", "examine"]

CHECKS: Mapping[str, Callable[[], Check]] = {
    "Python": install.python,
    "packages": install.packages,
    "ONNX Runtime": install.onnx_runtime,
    "own packages": install.own_packages,
    "OpenCV": install.opencv,
    "settings": install.settings,
    "folders": install.folders,
    "weights": machine.weights,
    "providers": machine.providers,
    "runtime": machine.runtime,
    "cameras": machine.cameras,
    "virtual cameras": loopback.virtual_cameras,
    **({"PipeWire": pipewire.pipewire} if sys.platform == "linux" else {}),
    "display": machine.display,
    "streams": streams.streams,
}


def examine(checks: Mapping[str, Callable[[], Check]] = CHECKS) -> Iterator[Check]:
    """Run the checks in order; an exception is a finding too. Without a sink, greenless runs with limits."""
    for name, look in checks.items():
        try:
            check = look()
        except GreenlessError as error:
            check = (warn if isinstance(error, SinkError) else fail)(error.what, error.cure)
        except Exception as error:  # a broken package can raise anything
            check = fail(f"{type(error).__name__}: {error}", REINSTALL)
        yield replace(check, name=name)
