"""The doctor checks this machine; each check gives a finding and, if something is wrong, the cure.

A check is a function without arguments. It opens devices as a run does, and changes only what a run repairs too.
"""

import sys
from collections.abc import Callable, Iterator, Sequence

from realtime.doctor import install, loopback, machine, pipewire, streams
from realtime.doctor.check import REINSTALL, Check

__all__ = ["CHECKS", "Check", "examine"]

CHECKS: Sequence[Callable[[], Check]] = (
    install.python,
    install.packages,
    install.onnx_runtime,
    install.own_packages,
    install.opencv,
    install.settings,
    install.folders,
    machine.weights,
    machine.providers,
    machine.runtime,
    machine.cameras,
    loopback.virtual_cameras,
    *((pipewire.pipewire,) if sys.platform == "linux" else ()),
    machine.display,
    streams.streams,
)


def examine(checks: Sequence[Callable[[], Check]] = CHECKS) -> Iterator[Check]:
    """Run the checks in order; an unexpected exception is a finding too."""
    for look in checks:
        try:
            yield look()
        except Exception as error:  # a broken package can raise anything
            name = look.__name__.replace("_", " ")
            yield Check(name=name, status="fail", detail=f"{type(error).__name__}: {error}", cure=REINSTALL)
