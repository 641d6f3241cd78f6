"""``greenless`` with workers that fail as the name of their input says, and with short segments.

    python frail.py image kills-always.png ...

``kills-always`` ends the worker each time, ``kills-once`` the first time, ``slow`` takes two seconds.
"""

import os
import signal
import sys
import time
from pathlib import Path

from realtime.cli import main
from realtime.scale import footage, segments
from realtime.scale.footage_jobs import Item, Job
from realtime.scale.footage_worker import Places, Row

segments.SEGMENT_S = float(os.environ.get("SEGMENT_S", "30"))


class Frail(footage.Worker):
    """A worker with the faults of its inputs."""

    def _row(self, unit: Item) -> Row:
        location = unit.location
        mark = Path(f"{location}.killed")
        if "kills-always" in location or ("kills-once" in location and not mark.exists()):
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if "slow" in location:
            time.sleep(2)
        return super()._row(unit)


class FrailAtStart(Frail):
    """A worker that dies at its first start."""

    def __init__(self, job: Job, places: Places, threads: int, version: str) -> None:
        mark = Path(places.folder).with_name("started")
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        super().__init__(job, places, threads, version)


footage.Worker = FrailAtStart if "DIES_AT_START" in os.environ else Frail  # type: ignore[misc]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
