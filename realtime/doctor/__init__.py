"""The doctor: goes in this machine, come out checks, each with its finding and, where something is amiss, the cure.

A check is a function of no arguments; it looks as a run would look, and changes nothing but what a run heals too.
"""

from collections.abc import Callable, Iterator, Sequence

from realtime.doctor import install, loopback, machine
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
    machine.display,
)


def examine(checks: Sequence[Callable[[], Check]] = CHECKS) -> Iterator[Check]:
    """Run one check after the other; one that fails in an unforeseen way is a finding too."""
    for look in checks:
        try:
            yield look()
        except Exception as error:  # a broken package can raise anything
            name = look.__name__.replace("_", " ")
            yield Check(name=name, status="fail", detail=f"{type(error).__name__}: {error}", cure=REINSTALL)
